package tab

import (
	"context"
	"fmt"
)

// Accepting is a user who accepts every file that is offered, unless hesitates is set.
const Accepting = `new MutationObserver(() => {
	if (!globalThis.hesitates) document.querySelector("#log .accept")?.click()
}).observe(document, { childList: true, subtree: true })`

// Hesitate makes a user who does not accept files by itself.
func (p *Tab) Hesitate() {
	p.T.Helper()
	p.Do(`globalThis.hesitates = true`)
}

// Host starts a room with the page's button and returns its link.
func (p *Tab) Host(name string) string {
	p.T.Helper()
	p.Click("#start-room")
	p.WaitText("#room-state", "Your room is open")
	p.Rename(name)
	return Eval[string](p, `document.getElementById("invite-link").value`)
}

// Rename changes the user's name.
func (p *Tab) Rename(name string) {
	p.T.Helper()
	p.Do(`const field = document.getElementById("name");
		field.focus(); field.value = a; field.dispatchEvent(new Event("change"))`, name)
}

// Say writes into the chat and presses Enter.
func (p *Tab) Say(text string) {
	p.T.Helper()
	p.Type("#text", text+"\r")
}

// SendFile chooses a file for the first person who takes one.
func (p *Tab) SendFile(path string) {
	p.T.Helper()
	p.within("choose "+path, func(ctx context.Context) error {
		return p.Driver.Upload(ctx, ".takes-files input.file", path)
	})
}

// SendFileTo chooses a file for a person.
func (p *Tab) SendFileTo(name, path string) {
	p.T.Helper()
	p.within("choose "+path, func(ctx context.Context) error {
		return p.Driver.Upload(ctx, p.Row(name)+" input.file", path)
	})
}

// Row waits for the row of a person and returns its selector.
func (p *Tab) Row(name string) string {
	p.T.Helper()
	const find = `[...document.querySelectorAll("#people > .person")].findIndex((e) => e.querySelector(".name bdi").textContent === a)`
	p.WaitFor("the row of "+name, find+" >= 0", name)
	return fmt.Sprintf("#people > .person:nth-child(%d)", Eval[int](p, find, name)+1)
}

// WaitDirect waits until the page says that a direct path is there.
func (p *Tab) WaitDirect() {
	p.T.Helper()
	p.WaitFor("a direct path", `document.querySelector("[data-path=direct]")?.textContent.includes("UDP")`)
}

// EndRoom is a host with guests who leaves and passes the room on to none of them.
func (p *Tab) EndRoom() {
	p.T.Helper()
	p.Do(`document.getElementById("leave").click()`)
	p.Click("#handover-end")
}
