// The list of people in the room: a row for each, with the connection to them.

import { bytes, duration } from "./format.js";
import { initial } from "./name.js";
import { words } from "./words.js";

const template = document.getElementById("person");
const list = document.getElementById("people");
const note = document.getElementById("people-note");

export class Person {
  #row = template.content.firstElementChild.cloneNode(true);
  #lost = ""; // why messages no longer reach this person; "" while they do
  #away = ""; // what messages wait for, a key of words.waits; "" if they do not

  /**
   * Adds a row. role is a word or two behind the name ("host"); onfiles(files),
   * when given, is called for the files that the user chooses together for this person.
   */
  constructor({ name, role = "", onfiles }) {
    this.#part(".role").textContent = role;
    this.rename(name);
    list.append(this.#row);
    if (onfiles) this.#takeFiles(onfiles);
  }

  rename(name) {
    this.name = name;
    this.#part(".name bdi").textContent = name;
    this.#part(".face").textContent = initial(name);
    this.#part(".send-file").setAttribute("aria-label", words.sendFileTo(name));
  }

  /** Shows the result of Path.look(). */
  show(path) {
    const figures = path.mute ? words.noAnswer : `${figure(path.chatTrip)}${bytes(path.chatRate)}/s`;
    const way = `${words.ways[path.route]} · ${figures}`;
    if (path.kind === "direct" || path.kind === "turn") {
      const direct = [`${path.protocol} ${path.candidates}`, `${figure(path.trip)}${bytes(path.rate)}/s`];
      this.#draw(path.kind, direct, this.#lost || words.waits[this.#away] || way);
    } else if (this.#lost) {
      this.#draw("lost", [], this.#lost);
    } else if (this.#away) {
      this.#draw(this.#away === "relay" ? "relay-away" : "away", [], words.waits[this.#away]);
    } else if (path.kind === "silent") {
      this.#draw("silent", [], words.silentPath(way));
    } else {
      const looking = path.kind === "looking";
      this.#draw(path.kind, [figures], looking ? words.looking : words.noDirectPath);
    }
  }

  /** Shows from now on that messages no longer reach this person. */
  lost(text) {
    this.#lost = text;
    this.#part(".relayed").textContent = text;
    this.#part(".send-file").hidden = true;
    this.#row.classList.remove("takes-files");
  }

  /** Shows what messages wait for: a "person", the "relay", or "either" of the two; "" if they do not wait. */
  away(what) {
    if (what === this.#away) return;
    this.#away = what;
    if (!this.#lost) this.#part(".relayed").textContent = words.waits[what] ?? "";
  }

  remove() {
    this.#row.remove();
  }

  #draw(kind, details, relayed) {
    this.#part(".path").dataset.path = kind;
    this.#part(".badge").textContent = words.badges[kind];
    const spans = details.map((textContent) => Object.assign(document.createElement("span"), { textContent }));
    this.#part(".detail").replaceChildren(...spans.flatMap((span) => [span, " "]));
    this.#part(".relayed").textContent = relayed;
  }

  #takeFiles(onfiles) {
    const button = this.#part(".send-file");
    const input = this.#part(".file");
    button.hidden = false;
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      onfiles([...input.files]);
      input.value = "";
    });
    this.#row.classList.add("takes-files");
    this.#row.addEventListener("files", ({ detail }) => onfiles(detail));
  }

  #part(selector) {
    return this.#row.querySelector(selector);
  }
}

/** Shows a guest the explanation of how the people are connected. */
export function explainStar(shown) {
  note.hidden = !shown;
}

function figure(seconds) {
  return seconds == null ? "" : `${duration(seconds)} · `;
}
