package operate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
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
	relay := relayproc.Start(t, "--ids-server", "words", "--ids-client", "words")
	browser := chromium.Start(t)
	host := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	host.Host("Ada")
	link := chromium.Eval[string](host, `document.getElementById("invite-link").value`)
	_, id, _ := strings.Cut(link, "#")
	require.Regexp(t, `^[a-z]+(-[a-z]+){5,}$`, id)

	ctx := patience.Context(t)
	conn, err := sdk.Dial(ctx, relay.WS+"/client/"+strings.ReplaceAll(said(id), " ", "%20"), nil)
	require.NoError(t, err)
	defer conn.Close()
	require.EqualValues(t, id, conn.PeerID())
	native := sdkpeer.NewChatter(t, conn)
	native.Expect("name", `"Ada"`)
	native.Say("name", "Gopher")
	host.WaitText("#people .name", "Gopher")

	base := rawpeer.Knock(t, relay.Addr, "/client/"+strings.ReplaceAll(id, "-", ""))
	hello, err := protocol.ParseHello(base.Delivery().Message)
	require.NoError(t, err)
	require.EqualValues(t, id, hello.Room, "who does not speak v1 is told, too")
	base.Text(`{"to":%q,"type":"name","message":"Plain"}`, hello.Room)
	host.WaitText("#people .name", "Plain")
	require.NoError(t, base.Conn.Close())

	terminal := termproc.Start(t, "dial", said(id), "--relay", relay.WS+"/server", "--name", "Tim")
	host.WaitText("#people .name", "Tim")
	terminal.Type("hello")
	host.WaitText("#log .text", "hello")

	guest := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	guest.Type("#join-link", "  "+said(id)+" \r")
	guest.WaitText("#room-state", "You are in")
	require.Equal(t, link, chromium.Eval[string](guest, `location.href`), "the address has the one spelling")
	guest.Rename("Bob")
	host.WaitText("#people .name", "Bob")

	relay.Blip()
	guest.Say("still here")
	host.WaitText("#log .text", "still here")
	terminal.Type("so am I")
	host.WaitText("#log .text", "so am I")
	guest.Reload()
	guest.WaitText("#room-state", "You are in")
	require.Equal(t, link, chromium.Eval[string](guest, `location.href`))

	other := browser.Open(relay.HTTP+"/#"+strings.ReplaceAll(said(id), " ", "%20"), chromium.LostRelay...)
	other.WaitText("#room-state", "You are in")
	require.Equal(t, link, chromium.Eval[string](other, `location.href`))
	require.NotContains(t, strings.ToLower(relay.Logs()), id)
}

// TestNobodyTakesTheIDOfWhoIsGone: when a server has left, or died silently, no other peer
// gets its ID or the messages sent to it (threats 11 and 17).
func TestNobodyTakesTheIDOfWhoIsGone(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	gone := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.Join(t, relay.Addr, "/client/"+gone.ID)
	token := rawpeer.Knock(t, relay.Addr, "/client/"+gone.ID, "Sec-WebSocket-Protocol: intercessor.v1")
	require.Equal(t, "HELLO", token.Delivery().Type)
	client.Text(`{"to":%q,"type":"secret","message":"for the old one"}`, gone.ID)
	require.NoError(t, gone.Conn.Close())
	client.ExpectClose(protocol.CodeServerGone)
	token.ExpectClose(protocol.CodeServerGone)

	for range 20 {
		next := rawpeer.Join(t, relay.Addr, "/server")
		require.NotEqual(t, gone.ID, next.ID)
		late := rawpeer.Join(t, relay.Addr, "/client/"+next.ID)
		late.Text(`{"to":%q,"type":"late","message":1}`, gone.ID)
		late.Text(`{"to":%q,"type":"last","message":2}`, next.ID)
		require.Equal(t, "PEER_JOINED", next.Delivery().Type)
		first := next.Delivery()
		require.Equal(t, late.ID+" last", first.From+" "+first.Type, "nothing of what the old one was sent")
	}
	rawpeer.Knock(t, relay.Addr, "/client/"+gone.ID).ExpectClose(protocol.CodeNoSuchServer)

	// What claims the ID has to be a token of the relay's for it.
	for _, claim := range []string{
		"intercessor.resume.1." + gone.ID, "intercessor.resume.1.e30", "intercessor.resume.1." + strings.Repeat("A", 120),
	} {
		rawpeer.Knock(t, relay.Addr, "/server", "Sec-WebSocket-Protocol: intercessor.v1, "+claim).ExpectClose(protocol.CodeTokenRefused)
	}
	away := rawpeer.Knock(t, relay.Addr, "/server", "Sec-WebSocket-Protocol: intercessor.v1")
	hello, err := protocol.ParseHello(away.Delivery().Message)
	require.NoError(t, err)
	require.NoError(t, away.Conn.Close())
	client = rawpeer.Knock(t, relay.Addr, "/server", "Sec-WebSocket-Protocol: intercessor.v1")
	other, err := protocol.ParseHello(client.Delivery().Message)
	require.NoError(t, err)
	forged := other.Resume[:len(other.Resume)/2] + hello.Resume[len(other.Resume)/2:]
	rawpeer.Knock(t, relay.Addr, "/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+forged).ExpectClose(protocol.CodeTokenRefused)
	rawpeer.Knock(t, relay.Addr, "/client/"+string(hello.ID), "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+hello.Resume).ExpectClose(protocol.CodeTokenRefused)
	back := rawpeer.Knock(t, relay.Addr, "/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1."+hello.Resume)
	again, err := protocol.ParseHello(back.Delivery().Message)
	require.NoError(t, err)
	require.Equal(t, hello.ID, again.ID, "whose it is")
}
