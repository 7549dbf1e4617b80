package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
)

// A front is a balancer before the nodes of a fleet. It leads hosts to one node and all others to
// another, or to the next that takes the connection.
type front struct {
	*fleet
	url           string
	hosts, guests atomic.Int32
}

func newFront(t *testing.T, f *fleet) *front {
	t.Helper()
	b := &front{fleet: f}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, role string) (conn net.Conn, err error) {
		first := b.guests.Load()
		if role == "host:80" {
			first = b.hosts.Load()
		}
		for i := range f.relays {
			if conn, err = new(net.Dialer).DialContext(ctx, "tcp", f.relays[(int(first)+i)%len(f.relays)].Addr); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}}
	server := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", "guest", r.In.Host
		if strings.HasPrefix(r.In.URL.Path, "/server") {
			r.Out.URL.Host = "host"
		}
	}})
	t.Cleanup(server.Close)
	t.Cleanup(func() { // ends what the proxy carries, for which Close waits
		for _, r := range f.relays {
			r.Kill()
		}
	})
	b.url = server.URL
	return b
}

// lead says to which nodes new connections go.
func (b *front) lead(hosts, guests int32) {
	b.hosts.Store(hosts)
	b.guests.Store(guests)
}

// looks collects in a page all that its user is told of the room, of people and of the relay.
const looks = `globalThis.told = new Set()
	new MutationObserver(() => {
		for (const e of document.querySelectorAll("#room-state, #notice, #log .note, #people .relayed, .problem"))
			if (e.checkVisibility() && e.innerText.trim()) told.add(e.innerText.trim())
	}).observe(document, { childList: true, subtree: true, characterData: true, attributes: true })`

// Here is all that people are told: first what they are told without any fault, then the words for a
// loss that mends itself.
var (
	pageWords = regexp.MustCompile(`^(Starting a room…|Your room is open|The room is open\. Send its link .*|Joining…|You are in|You are in the room\.|Chat goes through the host\.` +
		`|[\w ]+ joined|[\w ]+ left|[\w ]+ is now called \w+|Also here: .*` +
		`|Reconnecting…|[\w ]+ is away|\d are away|Your messages and files go on if they come back\.|Messages and files wait\.|The host or the relay is away\. Messages and files wait\.)$`)
	terminalWords = regexp.MustCompile(`^(ID: .*|link: .*|client: .*|\w+: .*|\* you are in, .*|\* the room is open, .*|\* sending \S+ .*|\* \S+ goes over the relay.*|\* [\w ]+ joined|\* [\w ]+ left|\* [\w ]+ is now called \w+|\* in the room: .*|\* \w+ has \S+` +
		`|\* the relay is away: trying again|\* the relay is back|\* [\w ]+ is away, or the relay is: what you say is delivered if they come back|\* [\w ]+ is back)$`)
	errandWords = regexp.MustCompile(`^(ID: .*|link: .*|client: .*|This link works on this machine only.*|Waiting for someone to join\.|Someone is here\.|Joined\.|The pipe is open\.|Receiving \S+ .*|\S+ goes over the relay\.|The other side has \S+ .*` +
		`|The relay is away: trying again\.|The relay is back\.|The other side is away, or the relay is\.|The other side is back\.)$`)
)

// A talker is a person in a room, at a page or at a terminal.
type talker struct {
	t        *testing.T
	name     string
	page     *chromium.Tab // nil at a terminal
	terminal *termproc.Peer
	log      []string // what a terminal has shown
}

func (p *talker) say(text string) {
	p.t.Helper()
	if p.page == nil {
		p.terminal.Type(text)
		return
	}
	p.page.Say(text)
}

// hear waits until the person sees what another one has said.
func (p *talker) hear(from *talker, text string) {
	p.t.Helper()
	if p.page != nil {
		p.page.WaitText("#log .text", text)
		return
	}
	line := from.name + ": " + text
	for !slices.Contains(p.log, line) {
		p.log = append(p.log, p.terminal.Expect(""))
	}
}

// A meeting is the people of one room, its host first.
type meeting []*talker

// talk has each say something, and waits until all others have heard it.
func (m meeting) talk(text string) (heard func()) {
	for _, p := range m {
		p.t.Helper()
		p.say(p.name + " " + text)
	}
	return func() {
		for _, p := range m {
			for _, other := range m {
				if other != p {
					p.t.Helper()
					p.hear(other, other.name+" "+text)
				}
			}
		}
	}
}

// calm waits until each sees that nothing is wrong.
func (m meeting) calm() {
	for i, p := range m {
		if p.page == nil {
			continue
		}
		p.t.Helper()
		words := "You are in"
		if i == 0 {
			words = "Your room is open"
		}
		p.page.WaitFor(words, `document.getElementById("room-state").textContent === a && !document.getElementById("notice").checkVisibility()`, words)
		p.page.WaitFor("people who are here", `[...document.querySelectorAll("#people .relayed")].every((e) => !e.textContent.includes("wait"))`)
	}
}

// texts returns what the person has seen of what another one said.
func (p *talker) texts(from *talker) (texts []string) {
	p.t.Helper()
	if p.page != nil {
		return chromium.Eval[[]string](p.page, `[...document.querySelectorAll("#log .text")].map((e) => e.textContent).filter((text) => text.startsWith(a))`, from.name+" ")
	}
	for _, line := range p.log {
		if text, found := strings.CutPrefix(line, from.name+": "); found {
			texts = append(texts, text)
		}
	}
	return texts
}

// wantWords requires that a person was told nothing but these words.
func wantWords(t *testing.T, words *regexp.Regexp, told []string, who string) {
	t.Helper()
	for _, line := range told {
		require.Regexp(t, words, line, who)
	}
}

// TestPeopleSeeNoMoreThanReconnecting: people at pages and at terminals talk, and send each other files and
// a pipe, while the home of their rooms is killed, then drained, the node of the guests is killed, and etcd has no
// majority, also while a node ends. All that they are told is that others, or the relay, are away. Nothing is lost.
func TestPeopleSeeNoMoreThanReconnecting(t *testing.T) {
	etcd := etcdtest.StartThree(t)
	f := newFleetWith(t, 3, etcdtest.Endpoints(etcd)...)
	b := newFront(t, f)
	browser := chromium.Start(t)
	open := func(name, url string) *talker {
		p := browser.Blank(append([]string{"Failed to load resource"}, chromium.LostRelay...)...)
		p.NoDirect()
		p.Prelude(looks)
		p.Navigate(url)
		return &talker{t: t, name: name, page: p}
	}
	join := func(name, link string) *talker {
		p := open(name, link)
		p.page.WaitText("#room-state", "You are in")
		p.page.Rename(name)
		return p
	}
	terminal := func(name string, args ...string) *talker {
		return &talker{t: t, name: name, terminal: termproc.Start(t, append(args, "--name", name, "--path", "relay")...)}
	}

	b.lead(0, 1)
	ada := open("Ada", b.url)
	link := ada.page.Host("Ada")
	bob, cid := join("Bob", link), terminal("Cid", "dial", link)
	dan := terminal("Dan", "listen", "--relay", b.url)
	other := dan.terminal.Expect("link:")
	eve, fay := join("Eve", other), terminal("Fay", "dial", other)
	rooms := []meeting{{ada, bob, cid}, {dan, eve, fay}}
	said := 0
	talk := func(text string) (heard func()) {
		said++
		first, second := rooms[0].talk(text), rooms[1].talk(text)
		return func() { first(); second() }
	}
	talk("is here")()

	noise, folder := make([]byte, 2_000_000), t.TempDir()
	_, _ = rand.NewChaCha8([32]byte{7}).Read(noise)
	large := filepath.Join(folder, "large.bin")
	require.NoError(t, os.WriteFile(large, bytes.Repeat(noise, 15), 0o600))
	sender := termproc.Start(t, "send", large, "--relay", b.url, "--path", "relay")
	receiver := termproc.Start(t, "receive", sender.Expect("link:"), "--yes", "--path", "relay")
	receiver.Told("Receiving")

	input, feed := io.Pipe()
	var piped bytes.Buffer
	source := termproc.StartPipe(t, input, nil, "pipe", "--relay", b.url, "--path", "relay")
	sink := termproc.StartPipe(t, nil, &piped, "pipe", source.Told("link:"), "--path", "relay")
	sink.Told("The pipe is open")
	fed, stop := make(chan string, 1), make(chan struct{})
	go func() { // until stop, or the end of source
		var all strings.Builder
		defer func() { fed <- all.String() }()
		defer func() { _ = feed.Close() }()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			line := fmt.Sprintln("line", i, strings.Repeat("x", 1000))
			if _, err := io.WriteString(feed, line); err != nil {
				return
			}
			all.WriteString(line)
		}
	}()

	start := func(i int) { require.NoError(t, f.relays[i].Process.Start()) }
	pause := func() { etcd[0].Pause(); etcd[1].Pause() }
	resume := func() { etcd[0].Resume(); etcd[1].Resume() }
	faults := []struct {
		name          string
		hosts, guests int32 // the nodes to which those go that come again
		begin, end    func()
	}{
		{"the home is killed", 1, 2, f.relays[0].Kill, func() { start(0) }},
		{"the home is drained", 2, 0, func() { require.NoError(t, f.relays[1].Drain()) }, func() { start(1) }},
		{"the guests' node is killed", 2, 1, f.relays[0].Kill, func() { start(0) }},
		{"etcd has no majority", 2, 1, pause, func() {
			kim := open("Kim", link) // a newcomer is let in
			kim.page.WaitText("#room-state", "You are in")
			kim.page.Click("#leave")
			lou := open("Lou", b.url) // a new room opens when etcd is back
			lou.page.Click("#start-room")
			lou.page.WaitText("#room-state", "Starting a room…")
			lou.page.Shot("cluster-new-room")
			max := termproc.Start(t, "listen", "--relay", b.url)
			max.Told("Waiting for the relay.")
			resume()
			max.Expect("link:")
			lou.page.WaitText("#room-state", "Your room is open")
			wantWords(t, pageWords, chromium.Eval[[]string](lou.page, `[...told]`), lou.name)
			lou.page.Click("#leave")
		}},
		{"the guests' node is killed while etcd has no majority", 2, 0, func() { pause(); f.relays[1].Kill() }, func() { resume(); start(1) }},
		{"the home is killed while etcd has no majority", 0, 1, func() { pause(); f.relays[2].Kill() }, nil},
	}
	for n, fault := range faults {
		t.Log(fault.name)
		b.lead(fault.hosts, fault.guests)
		name := fmt.Sprintf("noise%d.bin", n)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), noise, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dan.terminal.Cmd.Dir, name), noise, 0o600))
		bob.page.SendFile(filepath.Join(folder, name))
		dan.say("/send " + name + " Eve")
		before := talk("before: " + fault.name)
		fault.begin()
		during := talk("during: " + fault.name)
		for _, p := range []*talker{ada, bob, eve} {
			p.page.Shot(fmt.Sprintf("cluster-%d-%s", n, p.name))
		}
		if fault.end == nil { // without etcd the rooms have no home
			for _, p := range []*talker{ada, bob, eve} {
				p.page.WaitText("#room-state", "Reconnecting…")
				p.page.Shot(fmt.Sprintf("cluster-%d-%s", n, p.name))
			}
			resume()
			start(2)
		}
		before()
		during()
		if fault.end != nil {
			fault.end()
		}
		talk("after: " + fault.name)()
		for _, m := range rooms {
			m.calm()
		}
	}

	files := func(p *talker, outcome string) {
		t.Helper()
		p.page.WaitFor(fmt.Sprint("all files: ", outcome), `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === a).length === b`, outcome, len(faults))
	}
	files(ada, "Received and checked.")
	files(bob, "Sent and checked.")
	files(eve, "Received and checked.")
	close(stop)
	for _, p := range []*termproc.Peer{receiver, sender, sink, source} {
		require.Zero(t, p.Exit(), p.Stderr())
		for line := range strings.Lines(p.Stderr()) {
			require.Regexp(t, errandWords, strings.TrimSpace(line))
		}
		require.Contains(t, p.Stderr(), "The other side is away, or the relay is.", "it lasts until a fault")
	}
	require.Equal(t, <-fed, piped.String())

	for _, m := range rooms {
		for _, p := range m {
			for _, other := range m {
				if other != p {
					texts := p.texts(other)
					require.Len(t, texts, said, "what %s has heard from %s: %q", p.name, other.name, texts)
					require.Len(t, slices.Compact(slices.Sorted(slices.Values(texts))), said, "once each")
				}
			}
			if p.page != nil {
				p.page.Shot("cluster-end-" + p.name)
				wantWords(t, pageWords, chromium.Eval[[]string](p.page, `[...told]`), p.name)
			} else {
				wantWords(t, terminalWords, p.log, p.name)
			}
		}
	}
}
