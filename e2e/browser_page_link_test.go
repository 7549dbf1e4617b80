package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A link that a sentence has left its punctuation on opens its room, and what names no
// room is said to.
func TestAMangledLinkOpensTheRoomOrSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	for _, end := range []string{".", ",%20", ";)"} {
		bob := browser.open(link + end)
		bob.says("#room-state", "You are in")
		require.Equal(t, link, eval[string](bob, `location.href`))
	}
	eve := browser.open(relay.HTTP + "/#%22/!")
	eve.says("#join-problem", "That is neither the link nor the ID of a room.")
	eve.write("#join-link", "("+link+").\r")
	eve.says("#join-problem", "That is neither the link nor the ID of a room.")
	eve.do(`document.getElementById("join-link").value = ""`)
	eve.write("#join-link", link[strings.Index(link, "#")+1:]+".\r")
	eve.says("#room-state", "You are in")
}
