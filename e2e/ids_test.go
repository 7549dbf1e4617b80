package e2e_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/stretchr/testify/require"
)

// said returns an ID as a person would say it: without hyphens, each word with a capital.
func said(id string) string {
	words := strings.Split(id, "-")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}

// TestWordsThatAreSaid: a program, a terminal and a page find the room whose ID they were
// told, in any spelling, and come back to it.
func TestWordsThatAreSaid(t *testing.T) {
	t.Parallel()
	relay := startMortalRelay(t, "--ids-server", "words", "--ids-client", "words")
	browser := startBrowser(t)
	host := browser.open(relay.HTTP+"/", lostRelay...)
	host.host("Ada")
	link := eval[string](host, `document.getElementById("invite-link").value`)
	_, id, _ := strings.Cut(link, "#")
	require.Regexp(t, `^[a-z]+(-[a-z]+){5,}$`, id)

	ctx := within(t)
	conn, err := sdk.Dial(ctx, relay.WS+"/client/"+strings.ReplaceAll(said(id), " ", "%20"), nil)
	require.NoError(t, err)
	defer conn.Close()
	require.EqualValues(t, id, conn.PeerID())
	native := &chatter{t, ctx, conn}
	native.wants("name", `"Ada"`)
	native.says("name", "Gopher")
	host.says("#people .name", "Gopher")

	base := relay.knock("/client/" + strings.ReplaceAll(id, "-", ""))
	hello, err := protocol.ParseHello(base.delivery().Message)
	require.NoError(t, err)
	require.EqualValues(t, id, hello.Room, "who does not speak v1 is told, too")
	base.text(`{"to":%q,"type":"name","message":"Plain"}`, hello.Room)
	host.says("#people .name", "Plain")
	require.NoError(t, base.conn.Close())

	terminal := startTerminal(t, "dial", said(id), "--relay", relay.WS+"/server", "--name", "Tim")
	host.says("#people .name", "Tim")
	terminal.Types("hello")
	host.says("#log .text", "hello")

	guest := browser.open(relay.HTTP+"/", lostRelay...)
	guest.write("#join-link", "  "+said(id)+" \r")
	guest.says("#room-state", "You are in")
	require.Equal(t, link, eval[string](guest, `location.href`), "the address has the one spelling")
	guest.rename("Bob")
	host.says("#people .name", "Bob")

	relay.blip()
	guest.say("still here")
	host.says("#log .text", "still here")
	terminal.Types("so am I")
	host.says("#log .text", "so am I")
	guest.reload()
	guest.says("#room-state", "You are in")
	require.Equal(t, link, eval[string](guest, `location.href`))

	other := browser.open(relay.HTTP+"/#"+strings.ReplaceAll(said(id), " ", "%20"), lostRelay...)
	other.says("#room-state", "You are in")
	require.Equal(t, link, eval[string](other, `location.href`))
	require.NotContains(t, strings.ToLower(relay.Logs()), id)
}

// TestNobodyTakesTheIDOfWhoIsGone: when a server has left, or died silently, no other peer
// gets its ID or the messages sent to it (threats 11 and 17).
func TestNobodyTakesTheIDOfWhoIsGone(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	gone := relay.raw("/server")
	client := relay.raw("/client/" + gone.id)
	token := relay.knock("/client/"+gone.id, "Sec-WebSocket-Protocol: intercessor.v1")
	require.Equal(t, "HELLO", token.delivery().Type)
	client.text(`{"to":%q,"type":"secret","message":"for the old one"}`, gone.id)
	require.NoError(t, gone.conn.Close())
	client.wantsClose(protocol.CodeServerGone)
	token.wantsClose(protocol.CodeServerGone)

	for range 20 {
		next := relay.raw("/server")
		require.NotEqual(t, gone.id, next.id)
		late := relay.raw("/client/" + next.id)
		late.text(`{"to":%q,"type":"late","message":1}`, gone.id)
		late.text(`{"to":%q,"type":"last","message":2}`, next.id)
		require.Equal(t, "PEER_JOINED", next.delivery().Type)
		first := next.delivery()
		require.Equal(t, late.id+" last", first.From+" "+first.Type, "nothing of what the old one was sent")
	}
	relay.knock("/client/" + gone.id).wantsClose(protocol.CodeNoSuchServer)

	// What claims the ID has to be a token of the relay's for it.
	for _, claim := range []string{
		"intercessor.resume.1." + gone.id, "intercessor.resume.1.e30", "intercessor.resume.1." + strings.Repeat("A", 120),
	} {
		relay.knock("/server", "Sec-WebSocket-Protocol: intercessor.v1, "+claim).wantsClose(protocol.CodeTokenRefused)
	}
	away := relay.knock("/server", "Sec-WebSocket-Protocol: intercessor.v1")
	hello, err := protocol.ParseHello(away.delivery().Message)
	require.NoError(t, err)
	require.NoError(t, away.conn.Close())
	client = relay.knock("/server", "Sec-WebSocket-Protocol: intercessor.v1")
	other, err := protocol.ParseHello(client.delivery().Message)
	require.NoError(t, err)
	forged := other.Resume[:len(other.Resume)/2] + hello.Resume[len(other.Resume)/2:]
	relay.knock("/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+forged).wantsClose(protocol.CodeTokenRefused)
	relay.knock("/client/"+string(hello.ID), "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+hello.Resume).wantsClose(protocol.CodeTokenRefused)
	back := relay.knock("/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+hello.Resume)
	again, err := protocol.ParseHello(back.delivery().Message)
	require.NoError(t, err)
	require.Equal(t, hello.ID, again.ID, "whose it is")
}
