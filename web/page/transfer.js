// One file in the chat: its name, how far it is, and what the user can do with it.

import { chat } from "./chat.js";
import { failure, transferSentence } from "./errors.js";
import { bytes } from "./format.js";
import { pause } from "./lines.js";
import { Pace } from "./pace.js";
import { received } from "./received.js";
import { unread } from "./unread.js";
import { unsaved } from "./unsaved.js";
import { say, words } from "./words.js";

const template = document.getElementById("transfer");

const SHOWN = 3; // seconds without progress before the page says so
const OFFER = 15_000; // milliseconds that the sender of a paused file has to offer it again
const SLICE = 1 << 20; // bytes that are copied at once

/** Seconds that the user has to accept a file. */
export const ANSWER = 600;

export class Transfer {
  #item = template.content.firstElementChild.cloneNode(true);
  #person; // the name of the other side
  #way; // tells {moves, text}: whether anything can move, and over which path or what it waits for
  #abort;
  #waiting = ""; // what it waits for before content comes
  #begun = 0; // when content began to come; 0 before
  #from = 0; // bytes that were there before
  #done = 0; // bytes
  #drawn = 0; // when figures were last shown
  #pace = null; // while the transfer runs
  #over = () => {}; // called when the entry is removed
  #unanswered = 0; // a timer, while it is asked for again
  #file = null; // what was received, while the page holds it

  constructor(name, size) {
    this.name = name;
    this.size = size;
    this.#element(".file-name bdi").textContent = name;
    say(this.#element("progress"), "aria-label=progressOf", name);
    this.#item.addEventListener("removed", () => this.#over());
  }

  /** Shows the transfer at the end of the chat, also when it goes on after it had failed. */
  start(person, mine, way, at) {
    clearTimeout(this.#unanswered);
    [this.#person, this.#way] = [person, way];
    this.#abort = new AbortController();
    this.#item.classList.toggle("mine", mine);
    delete this.#element(".parcel").dataset.state;
    this.#element(".outcome").textContent = "";
    this.#figures(bytes(this.size));
    this.#running();
    chat.add(this.#item, mine ? words.youTo(person) : person, at);
  }

  /** Aborts, with the reason, when the user cancels or pauses, or nothing has moved for too long. */
  get signal() {
    return this.#abort.signal;
  }

  /**
   * Asks the user whether to take it: to hold it if it fits, then also whether to trust a known person from now on, or to
   * write it where pick() says. Returns {always, place}; throws declined, unanswered, or the reason of gone.
   */
  async ask(fits, known, pick, gone) {
    const cancel = () => this.#abort.abort(failure("cancelled"));
    let late, abort;
    const answer = new Promise((resolve, reject) => {
      late = setTimeout(() => reject(failure("unanswered", words.refusals.unanswered)), ANSWER * 1000);
      abort = () => reject(gone.aborted ? gone.reason : this.signal.reason);
      for (const signal of [gone, this.signal]) signal.addEventListener("abort", abort);
      if (gone.aborted) abort();
      this.#offer({
        accept: fits && (() => resolve({})),
        always: known && (() => resolve({ always: true })),
        place: pick && (() => pick().then((place) => resolve({ place }), () => {})), // the user has chosen none: the question stands
        decline: () => reject(failure("declined")),
      }, cancel);
    });
    unread(words.offers(this.#person));
    this.#element("progress").hidden = true;
    this.#element(".parcel").dataset.state = "asked";
    this.#element(".outcome").textContent = fits ? words.asked : words.askedForPlace;
    try {
      return await answer;
    } finally {
      clearTimeout(late);
      for (const signal of [gone, this.signal]) signal.removeEventListener("abort", abort);
      delete this.#element(".parcel").dataset.state;
      this.#element(".outcome").textContent = "";
      this.#running();
    }
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

  /** The other side may need so many seconds more, because a person is asked there or for a reason of its own. */
  allow(seconds, user) {
    this.#pace?.allow(seconds);
    if (user) this.waits(words.waitsToAccept(this.#person));
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

  /** The file arrived whole. A received one comes with its part and is offered, unless it is null: then it is in its place. */
  done(file, part) {
    if (file && this.signal.aborted) return part.clear(); // too late: it is no longer shown
    this.#end("done", !part ? words.fileSent : file ? words.fileReceived : words.fileInPlace);
    const seconds = Math.max(0.001, (performance.now() - this.#begun) / 1000);
    this.#figures(`${bytes(this.size)} · ${bytes((this.size - this.#from) / seconds)}/s`);
    if (file) this.#holds(file, part);
  }

  /** Shows a file that was received before a reload. */
  restore(file, part, saved) {
    this.#end("done", words.fileReceived);
    this.#holds(file, part);
    if (saved) this.#saved(saved);
  }

  /** Shows a part from before a reload; drop() drops it. */
  restorePart(size, drop) {
    this.#done = size;
    this.#end("part", `${words.transferErrors["broken-off"]} ${words.goesOnWhenSent}`);
    this.#figures(words.someOf(bytes(size), bytes(this.size)));
    this.#discards(drop);
  }

  /** The transfer failed. If a part of the file is kept, drop() drops it. If it was paused, resume() has it go on. */
  failed(err, drop = null, resume = null) {
    const mine = this.#item.matches(".mine");
    const paused = err.code === "paused";
    let text = transferSentence(err);
    if (paused) text = this.signal.aborted ? words.youPaused : words.paused(this.#person);
    else if (err.code === "declined") text = mine ? words.declined(this.#person) : words.youDeclined;
    else if (drop) text += " " + words.goesOnWhenSent;
    this.#end(drop ? "part" : "failed", text);
    this.#figures(this.#begun ? words.someOf(bytes(this.#done), bytes(this.size)) : bytes(this.size));
    if (drop) this.#discards(drop, paused && this.signal.aborted ? resume : null);
    if (mine && paused) this.#keep(true);
  }

  /** The part that was kept has been dropped. */
  dropped() {
    clearTimeout(this.#unanswered);
    this.#end("failed", this.#item.matches(".mine") ? words.transferErrors.cancelled : words.discarded);
  }

  /** A question about several files has been answered; the files themselves are shown below it. */
  answered(text) {
    this.#end("done", text);
  }

  /** Saves a received file into a folder, with a function of pickFolder; or as the browser saves downloads. */
  async save(place) {
    if (!place) return this.#element(".save").click();
    const store = await place(this.name);
    try {
      for (let at = 0; at < this.size; at += SLICE) await store.write(new Uint8Array(await this.#file.slice(at, at + SLICE).arrayBuffer()));
      await store.file();
    } catch (err) {
      await store.remove();
      throw err;
    }
    this.#saved();
  }

  /** Drops a received file for good. */
  discard() {
    received.discard(this);
    this.#file = null;
    this.dropped();
  }

  /** Shows files that wait for their turn. */
  queue(name, size) {
    [this.name, this.size] = [name, size];
    this.#element(".file-name bdi").textContent = name;
    this.#element("progress").hidden = true;
    const cancel = () => this.#abort.abort(failure("cancelled"));
    this.#offer({ cancel }, cancel);
    this.#keep(true);
    this.waits(words.waitsForTurn);
  }

  hide() {
    this.#keep(false);
    this.#item.remove();
  }

  /** Shows at the end of the chat what is no longer shown. */
  show() {
    if (!this.#item.isConnected) chat.add(this.#item, this.#person);
  }

  #holds(file, part) {
    this.#file = file;
    this.#keep(true, part.durable);
    const save = Object.assign(document.createElement("a"), { className: "button save", href: received.hold(this, file, part), download: this.name });
    this.#label(save, "save");
    save.addEventListener("click", () => this.#saved());
    this.#offer({ cancel: () => this.discard() }, () => {
      this.#keep(false);
      received.hide(this);
    }, "discard");
    this.#element(".actions").prepend(save);
  }

  #saved(at = Date.now()) {
    this.#keep(false);
    received.save(this, at);
  }

  #running() {
    const stop = (why) => this.#abort.abort(why);
    const cancel = () => stop(failure("cancelled"));
    this.#element("progress").hidden = false;
    this.#offer({ pause: () => stop(pause()), cancel }, cancel);
    this.#keep(true);
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
    this.#element("progress").value = this.size === 0 ? 0 : this.#done / this.size;
    this.#figures(`${this.#begun ? words.someOf(bytes(this.#done), bytes(this.size)) : bytes(this.size)} · ${now}`);
  }

  // Ask before a running transfer or an unsaved file is given up.
  #keep(kept, durable) {
    this.#item.classList.toggle("kept", kept);
    const state = this.#item.matches(".mine") ? "sending" : this.#file ? "received" : "receiving";
    if (kept) unsaved.add(this, state, durable);
    else unsaved.delete(this);
  }

  #end(state, text) {
    this.#pace?.end();
    this.#pace = null;
    this.#keep(false);
    this.#offer({});
    this.#element(".parcel").dataset.state = state;
    this.#element("progress").hidden = true;
    this.#element(".outcome").textContent = text;
  }

  #discards(drop, resume) {
    const label = this.#item.matches(".mine") ? "cancel" : "discard";
    const act = () => {
      drop();
      this.dropped();
    };
    const again = () => {
      this.#discards(drop);
      this.#element(".outcome").textContent = words.waitsToGoOn(this.#person);
      resume();
      this.#unanswered = setTimeout(() => {
        this.#discards(drop, resume);
        this.#element(".outcome").textContent = words.askAgain(this.#person);
      }, OFFER);
    };
    this.#offer({ resume: resume && again, cancel: act }, undefined, label); // what is no longer shown is kept all the same
  }

  /** Shows a button for each act that is a function. over is what becomes of the transfer when its entry is removed. */
  #offer(acts, over = () => {}, cancel = "cancel") {
    const row = this.#element(".actions");
    const focused = row.contains(document.activeElement);
    const buttons = Object.entries(acts).filter(([, act]) => act).map(([name, act]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: name });
      button.classList.add(name === "accept" || name === "resume" ? "primary" : "quiet");
      button.addEventListener("click", act);
      this.#label(button, name === "cancel" ? cancel : `fileActs.${name}`);
      return button;
    });
    row.replaceChildren(...buttons);
    if (focused) (buttons[0] ?? document.getElementById("scroll")).focus();
    this.#over = over;
  }

  #label(button, key) {
    say(button, `${key} aria-label=ofFile`, this.name);
  }

  #figures(text) {
    this.#element(".rate").textContent = text;
  }

  #element(selector) {
    return this.#item.querySelector(selector);
  }
}
