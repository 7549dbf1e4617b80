// The list of people in the room: a row for each, with the connection to them.

import { paintFace } from "./face.js";
import { bytes, duration } from "./format.js";
import { say, words } from "./words.js";

const template = document.getElementById("person");
const list = document.getElementById("people");
const note = document.getElementById("people-note");
const count = document.getElementById("count");

const everyone = new Map(); // Persons by their rows, in the order of these

/** The people who can receive files. */
export function receivers() {
  return [...everyone.values()].filter((person) => person.takesFiles);
}

/** The person in whose row an element is, if any. */
export function personAt(element) {
  return everyone.get(element.closest?.("#people > .person"));
}

export class Person {
  #row = template.content.firstElementChild.cloneNode(true);
  #lost = ""; // why messages no longer reach this person; "" while they do
  #away = ""; // what messages wait for, a key of words.waits; "" if they do not
  #onfiles = null; // sends files to this person; null if that cannot be

  /**
   * Adds a row. role is a key of words, for what stands behind the name; onfiles(files),
   * when given, is called for the files that the user chooses together for this person.
   */
  constructor({ name, role = "", onfiles }) {
    say(this.#part(".role"), role);
    this.rename(name);
    list.append(this.#row);
    everyone.set(this.#row, this);
    if (onfiles) this.#takeFiles(onfiles);
  }

  rename(name) {
    this.name = name;
    this.#part(".name bdi").textContent = name;
    paintFace(this.#part(".face"), name);
    say(this.#part(".send-file"), "sendFile aria-label=sendFileTo", name);
  }

  /** Shows the result of Path.look(). */
  show(path) {
    this.#facts(path);
    if (this.#lost) return this.#draw("lost", words.lines.lost, this.#lost);
    if (this.#away) return this.#draw("away", words.lines[this.#away === "relay" ? "relayAway" : "away"], words.waits[this.#away]);
    if (path.mute) return this.#draw("silent", words.lines.silent);
    const trip = (path.route === "direct" && path.trip) || path.chatTrip;
    this.#draw(path.kind, trip ? `${words.lines[path.route]} · ${duration(trip)}` : words.lines[path.route]);
  }

  /** Shows a text in place of a path: there is no connection to this person. */
  apart(text) {
    this.#part(".path").dataset.path = "";
    this.#part(".relayed").textContent = text;
  }

  /** Shows from now on that messages no longer reach this person. */
  showLost(text) {
    this.#lost = text;
    this.#part(".relayed").textContent = text;
    this.#part(".send-file").hidden = true;
    this.#onfiles = null;
    this.#row.classList.remove("takes-files");
  }

  get takesFiles() {
    return this.#onfiles !== null;
  }

  /** Sends files that the user has chosen together, if this person can receive them. */
  send(files) {
    this.#onfiles?.(files);
  }

  /** Shows what messages wait for: a "person", the "relay", or "either" of the two; "" if they do not wait. */
  away(what) {
    if (what === this.#away) return;
    this.#away = what;
    if (!this.#lost) this.#part(".relayed").textContent = words.waits[what] ?? "";
  }

  remove() {
    this.#onfiles = null;
    everyone.delete(this.#row);
    this.#row.remove();
  }

  #draw(state, line, reason = "") {
    this.#part(".path").dataset.path = state;
    this.#part(".line").textContent = line;
    this.#part(".relayed").textContent = reason;
  }

  /** Fills in what the user sees who opens the line. */
  #facts({ kind, route, protocol, candidates, trip, rate, chatTrip, chatRate }) {
    const { facts } = words;
    const found = kind === "direct" || kind === "turn";
    const direct = found ? [protocol, candidates, ...figures(trip, rate)] : [facts[kind]];
    const messages = [facts[`by-${route}`], ...figures(chatTrip, chatRate)];
    for (const [name, texts] of Object.entries({ direct, messages })) {
      this.#part(`.${name}-facts dt`).textContent = `${facts[name]}:`;
      this.#part(`.${name}-facts dd`).textContent = texts.join(" · ");
    }
  }

  #takeFiles(onfiles) {
    this.#onfiles = onfiles;
    const button = this.#part(".send-file");
    const input = this.#part(".file");
    button.hidden = false;
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.send([...input.files]);
      input.value = "";
    });
    this.#row.classList.add("takes-files"); // for its looks
  }

  #part(selector) {
    return this.#row.querySelector(selector);
  }
}

// The user, too, is in the room.
const recount = () => (count.textContent = list.childElementCount + 1);
new MutationObserver(recount).observe(list, { childList: true });
recount();

/** Shows a guest the explanation of how the people are connected. */
export function explainStar(shown) {
  note.hidden = !shown;
}

function figures(trip, rate) {
  return [...(trip == null ? [] : [duration(trip)]), `${bytes(rate)}/s`];
}
