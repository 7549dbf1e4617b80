// One file in the chat: its name, how far it is, and the link to save it.

import { chat } from "./chat.js";
import { failure, transferSentence } from "./errors.js";
import { bytes } from "./format.js";
import { Pace } from "./pace.js";
import { unsaved } from "./unsaved.js";

const template = document.getElementById("transfer");

const SHOWN = 3; // seconds without progress before the page says so

export class Transfer {
  #item = template.content.firstElementChild.cloneNode(true);
  #abort = new AbortController();
  #started = 0; // when the first progress was shown
  #drawn = 0; // when figures were last shown
  #done = 0; // bytes
  #pace = null; // while the transfer runs
  #stop = () => this.#abort.abort(failure("cancelled")); // the button's action
  #file = null; // what was received, while the page holds it

  /** Shows a transfer; who is the name or the sentence above it. */
  constructor(who, name, size, mine) {
    this.name = name;
    this.size = size;
    this.#item.classList.toggle("mine", mine);
    this.#part(".file-name bdi").textContent = name;
    this.#part("progress").setAttribute("aria-label", `Progress of ${name}`);
    this.#button("Cancel");
    this.#part(".cancel").addEventListener("click", () => this.#stop());
    this.#part(".save").addEventListener("click", () => this.#keep(false));
    this.#item.addEventListener("removed", () => {
      this.#stop();
      this.#release();
    });
    this.#figures(bytes(size));
    this.#keep(true);
    chat.add(this.#item, who);
  }

  /** Aborts, with the reason, when the user cancels or nothing has moved for too long. */
  get signal() {
    return this.#abort.signal;
  }

  /** Shows what the transfer waits for before its first progress. */
  waits(words) {
    this.#figures(`${bytes(this.size)} · ${words}`);
  }

  progress(done) {
    const now = performance.now();
    this.#started ||= now;
    this.#pace ??= new Pace(() => this.#tick());
    this.#pace.reach((this.#done = done));
    if (this.#pace.quiet > 0 || now - this.#drawn < 100) return;
    this.#drawn = now;
    this.#part("progress").value = this.size === 0 ? 1 : done / this.size;
    this.#draw(`${bytes(this.#pace.rate)}/s`);
  }

  /** The file arrived whole; a received one comes as {blob, release} and is offered. */
  done(file) {
    if (file && this.signal.aborted) return file.release(); // too late: it is no longer shown
    this.#end("done", file ? "Received and checked." : "Sent and checked.");
    const seconds = Math.max(0.001, (performance.now() - this.#started) / 1000);
    this.#figures(`${bytes(this.size)} · ${bytes(this.size / seconds)}/s`);
    if (!file) return;
    this.#file = file;
    this.#keep(true);
    const save = this.#part(".save");
    save.href = URL.createObjectURL(file.blob);
    save.download = this.name;
    save.setAttribute("aria-label", `Save ${this.name}`);
    save.hidden = false;
    this.#button("Discard");
    this.#stop = () => {
      this.#release();
      this.#end("failed", "Discarded.");
    };
  }

  failed(err) {
    this.#end("failed", transferSentence(err));
    if (this.#started) this.#figures(`${bytes(this.#done)} of ${bytes(this.size)}`);
    else this.#figures(bytes(this.size));
  }

  #tick() {
    const { quiet, rate, stalled } = this.#pace;
    if (stalled) this.#abort.abort(stalled);
    else this.#draw(quiet < SHOWN ? `${bytes(rate)}/s` : `no progress for ${quiet} s`);
  }

  #draw(words) {
    this.#figures(`${bytes(this.#done)} of ${bytes(this.size)} · ${words}`);
  }

  // Ask before a running transfer or an unsaved file is given up.
  #keep(kept) {
    this.#item.classList.toggle("kept", kept);
    if (kept) unsaved.add(this, this.#file !== null);
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
    this.#keep(false);
    this.#part(".parcel").dataset.state = state;
    for (const part of ["progress", ".save", ".cancel"]) this.#part(part).hidden = true;
    this.#part(".outcome").textContent = text;
  }

  #button(label) {
    const button = this.#part(".cancel");
    button.textContent = label;
    button.setAttribute("aria-label", `${label} ${this.name}`);
    button.hidden = false;
  }

  #figures(text) {
    this.#part(".rate").textContent = text;
  }

  #part(selector) {
    return this.#item.querySelector(selector);
  }
}
