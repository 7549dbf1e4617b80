// One file in the chat: its name, how far it is, and the link to save it.

import { chat } from "./chat.js";
import { failure, transferSentence } from "./errors.js";
import { bytes } from "./format.js";
import { Pace } from "./pace.js";
import { unsaved } from "./unsaved.js";
import { words } from "./words.js";

const template = document.getElementById("transfer");

const SHOWN = 3; // seconds without progress before the page says so

export class Transfer {
  #item = template.content.firstElementChild.cloneNode(true);
  #way; // tells {moves, text}: whether anything can move, and over which path or what it waits for
  #abort;
  #waiting = ""; // what it waits for before content comes
  #begun = 0; // when content began to come; 0 before
  #from = 0; // bytes that were there before
  #done = 0; // bytes
  #drawn = 0; // when figures were last shown
  #pace = null; // while the transfer runs
  #stop; // the button's action
  #file = null; // what was received, while the page holds it

  constructor(name, size, way) {
    this.name = name;
    this.size = size;
    this.#way = way;
    this.#part(".file-name bdi").textContent = name;
    this.#part("progress").setAttribute("aria-label", words.progressOf(name));
    this.#part(".cancel").addEventListener("click", () => this.#stop());
    this.#part(".save").addEventListener("click", () => this.#keep(false));
    this.#item.addEventListener("removed", () => {
      this.#stop();
      this.#release();
    });
  }

  /** Shows the transfer at the end of the chat, also when it goes on after it had failed; who is the name above it. */
  start(who, mine) {
    this.#abort = new AbortController();
    this.#stop = () => this.#abort.abort(failure("cancelled"));
    this.#item.classList.toggle("mine", mine);
    delete this.#part(".parcel").dataset.state;
    this.#part(".outcome").textContent = "";
    this.#part("progress").hidden = false;
    this.#button(words.cancel, words.cancelFile);
    this.#figures(bytes(this.size));
    this.#keep(true);
    chat.add(this.#item, who);
  }

  /** Aborts, with the reason, when the user cancels or nothing has moved for too long. */
  get signal() {
    return this.#abort.signal;
  }

  /** Begins to count the time in which nothing moves. */
  runs() {
    this.#pace = new Pace(() => this.#tick());
  }

  /** Shows what the transfer waits for before content comes. */
  waits(text) {
    this.#waiting = text;
    this.#draw();
  }

  /** Content comes, behind so many bytes that are there already. */
  begins(from) {
    this.#waiting = "";
    this.#begun = performance.now();
    this.#from = this.#done = from;
    this.#pace.begin(from);
    this.#draw();
  }

  progress(done) {
    this.#pace.reach((this.#done = done));
    if (this.#pace.quiet === 0 && performance.now() - this.#drawn > 100) this.#draw();
  }

  /** The file arrived whole; a received one comes as {blob, release} and is offered. */
  done(file) {
    if (file && this.signal.aborted) return file.release(); // too late: it is no longer shown
    this.#end("done", file ? words.fileReceived : words.fileSent);
    const seconds = Math.max(0.001, (performance.now() - this.#begun) / 1000);
    this.#figures(`${bytes(this.size)} · ${bytes((this.size - this.#from) / seconds)}/s`);
    if (!file) return;
    this.#file = file;
    this.#keep(true);
    const save = this.#part(".save");
    save.href = URL.createObjectURL(file.blob);
    save.download = this.name;
    save.setAttribute("aria-label", words.saveFile(this.name));
    save.hidden = false;
    this.#discards(() => this.#release());
  }

  /** The transfer failed. If a part of the file is kept, drop() drops it. */
  failed(err, drop) {
    this.#end(drop ? "kept" : "failed", transferSentence(err) + (drop ? " " + words.goesOnWhenSent : ""));
    this.#figures(this.#begun ? words.someOf(bytes(this.#done), bytes(this.size)) : bytes(this.size));
    if (drop) this.#discards(drop);
  }

  /** The part that was kept has been dropped. */
  dropped() {
    this.#end("failed", words.discarded);
  }

  #tick() {
    if (this.#pace.stalled) this.#abort.abort(this.#pace.stalled);
    else this.#draw();
  }

  #draw() {
    this.#drawn = performance.now();
    const { moves, text } = this.#way();
    const { quiet, rate } = this.#pace ?? { quiet: 0 };
    let now = this.#waiting;
    if (!moves) now = text;
    else if (!now) now = quiet < SHOWN ? `${bytes(rate)}/s · ${text}` : words.stands(quiet);
    this.#part("progress").value = this.size === 0 ? 0 : this.#done / this.size;
    this.#figures(`${this.#begun ? words.someOf(bytes(this.#done), bytes(this.size)) : bytes(this.size)} · ${now}`);
  }

  // Ask before a running transfer or an unsaved file is given up.
  #keep(kept) {
    this.#item.classList.toggle("kept", kept);
    const state = this.#item.matches(".mine") ? "sending" : this.#file ? "received" : "receiving";
    if (kept) unsaved.add(this, state);
    else unsaved.delete(this);
  }

  #release() {
    this.#keep(false);
    if (!this.#file) return;
    URL.revokeObjectURL(this.#part(".save").href);
    this.#file.release();
    this.#file = null;
  }

  #end(state, text) {
    this.#pace?.end();
    this.#pace = null;
    this.#stop = () => {};
    this.#keep(false);
    this.#part(".parcel").dataset.state = state;
    for (const part of ["progress", ".save", ".cancel"]) this.#part(part).hidden = true;
    this.#part(".outcome").textContent = text;
  }

  #discards(drop) {
    this.#button(words.discard, words.discardFile);
    this.#stop = () => {
      drop();
      this.dropped();
    };
  }

  #button(label, name) {
    const button = this.#part(".cancel");
    button.textContent = label;
    button.setAttribute("aria-label", name(this.name));
    button.hidden = false;
  }

  #figures(text) {
    this.#part(".rate").textContent = text;
  }

  #part(selector) {
    return this.#item.querySelector(selector);
  }
}
