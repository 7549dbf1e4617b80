// One file in the chat: its name, how far it is, and the link to save it.

import { chat } from "./chat.js";
import { transferSentence } from "./errors.js";
import { bytes } from "./format.js";

const template = document.getElementById("transfer");

export class Transfer {
  #item = template.content.firstElementChild.cloneNode(true);
  #abort = new AbortController();
  #started = performance.now();
  #drawn = 0; // when figures were last shown
  #stop = () => this.#abort.abort(); // what the button does
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
    this.#item.addEventListener("removed", () => {
      this.#stop();
      this.#release();
    });
    this.#figures(bytes(size));
    chat.add(this.#item, who);
  }

  /** Aborts when the user cancels. */
  get signal() {
    return this.#abort.signal;
  }

  progress(done) {
    const now = performance.now();
    if (now - this.#drawn < 100) return;
    this.#drawn = now;
    this.#part("progress").value = this.size === 0 ? 1 : done / this.size;
    this.#figures(`${bytes(done)} of ${bytes(this.size)} · ${this.#rate(done)}`);
  }

  /** The file arrived whole; a received one comes as {blob, release} and is offered. */
  done(file) {
    this.#end("done", file ? "Received and checked." : "Sent and checked.");
    this.#figures(`${bytes(this.size)} · ${this.#rate(this.size)}`);
    if (!file) return;
    this.#file = file;
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
  }

  #release() {
    if (!this.#file) return;
    URL.revokeObjectURL(this.#part(".save").href);
    this.#file.release();
    this.#file = null;
  }

  #end(state, text) {
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

  #rate(done) {
    const seconds = Math.max(0.001, (performance.now() - this.#started) / 1000);
    return `${bytes(done / seconds)}/s`;
  }

  #figures(text) {
    this.#part(".rate").textContent = text;
  }

  #part(selector) {
    return this.#item.querySelector(selector);
  }
}
