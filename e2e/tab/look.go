package tab

import (
	"os"

	"github.com/stretchr/testify/require"
)

// clipped are the elements with text of their own that is not to be seen whole: it is wider
// or higher than its box, or reaches over the window's edge. What scrolls is looked at as a
// whole; the name's field scrolls by itself, and ends with three dots.
const clipped = `[...document.querySelectorAll("body *")].filter((e) => {
	if (!e.checkVisibility() || e.closest(".unseen") || e.matches("#name, #join-link")) return false;
	const text = e.matches("input, textarea") || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
	const { left, right } = e.getBoundingClientRect();
	const block = getComputedStyle(e).display !== "inline";
	return text && (left < -1 || right > innerWidth + 1 || (block && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2)));
}).map((e) => (e.id || e.className || e.localName) + ": " + (e.value || e.textContent))`

func (p *Tab) Clipped() []string {
	p.T.Helper()
	return Eval[[]string](p, clipped)
}

// Accessible has axe-core look at what the page shows now.
func (p *Tab) Accessible(name string) {
	p.T.Helper()
	if !Eval[bool](p, `"axe" in globalThis`) {
		axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
		require.NoError(p.T, err, "run `make setup`")
		p.Do(string(axe))
	}
	p.Do(`await Promise.all(document.getAnimations().map(({ finished }) => finished))`)
	require.Empty(p.T, Eval[[]string](p, `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`), name)
	p.Shot("accessible-" + name)
}
