package browser_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A link that a sentence has left its punctuation on opens its room, and what names no
// room is said to.
func TestAMangledLinkOpensTheRoomOrSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	for _, end := range []string{".", ",%20", ";)"} {
		bob := browser.Open(link + end)
		bob.WaitText("#room-state", "You are in")
		require.Equal(t, link, chromium.Eval[string](bob, `location.href`))
	}
	eve := browser.Open(relay.HTTP + "/#%22/!")
	eve.WaitText("#join-problem", "That is neither the link nor the ID of a room.")
	eve.Type("#join-link", "("+link+").\r")
	eve.WaitText("#join-problem", "That is neither the link nor the ID of a room.")
	eve.Do(`document.getElementById("join-link").value = ""`)
	eve.Type("#join-link", link[strings.Index(link, "#")+1:]+".\r")
	eve.WaitText("#room-state", "You are in")
}
