// The list of people in the room: a row for each, with the connection to them.

import { bytes, duration } from "./format.js";
import { initial } from "./name.js";

const template = document.getElementById("person");
const list = document.getElementById("people");
const note = document.getElementById("people-note");

const badges = { direct: "Direct", turn: "TURN", silent: "No answer", looking: "Relay", relay: "Relay", away: "Away", "relay-away": "Relay away", lost: "Lost" };

const ways = { relay: "Chat and files through the relay", direct: "Chat and files directly", turn: "Chat and files through the TURN server" };

// Why messages and files wait.
const WAITS = {
  person: "Away. Your messages and files go on if they come back.",
  relay: "The relay is away. Messages and files wait.",
  either: "The host or the relay is away. Messages and files wait.",
};

export class Person {
  #row = template.content.firstElementChild.cloneNode(true);
  #lost = ""; // why messages no longer reach this person; "" while they do
  #away = ""; // what messages wait for, a key of WAITS; "" if they do not

  /**
   * Adds a row. role is a word or two behind the name ("host"); onfile(file),
   * when given, is called for each file that the user drops here or chooses.
   */
  constructor({ name, role = "", onfile }) {
    this.#part(".role").textContent = role;
    this.rename(name);
    list.append(this.#row);
    if (onfile) this.#takeFiles(onfile);
  }

  rename(name) {
    this.name = name;
    this.#part(".name bdi").textContent = name;
    this.#part(".face").textContent = initial(name);
    this.#part(".send-file").setAttribute("aria-label", `Send a file to ${name}`);
  }

  /** Shows the result of Path.look(). */
  show(path) {
    const figures = path.mute ? "no answer now" : `${figure(path.chatTrip)}${bytes(path.chatRate)}/s`;
    const way = `${ways[path.route]} · ${figures}`;
    if (path.kind === "direct" || path.kind === "turn") {
      const direct = [`${path.protocol} ${path.candidates}`, `${figure(path.trip)}${bytes(path.rate)}/s`];
      this.#draw(path.kind, direct, this.#lost || WAITS[this.#away] || way);
    } else if (this.#lost) {
      this.#draw("lost", [], this.#lost);
    } else if (this.#away) {
      this.#draw(this.#away === "relay" ? "relay-away" : "away", [], WAITS[this.#away]);
    } else if (path.kind === "silent") {
      this.#draw("silent", [], `Nothing comes over the direct path. ${way}`);
    } else {
      const looking = path.kind === "looking";
      this.#draw(path.kind, [figures], looking ? "Looking for a direct path…" : "No direct path. Chat and files go through the relay.");
    }
  }

  /** Shows words in place of a path: there is no connection to this person. */
  apart(words) {
    this.#part(".path").dataset.path = "";
    this.#part(".relayed").textContent = words;
  }

  /** Shows from now on that messages no longer reach this person. */
  lost(words) {
    this.#lost = words;
    this.#part(".relayed").textContent = words;
    this.#part(".send-file").hidden = true;
    this.#row.classList.remove("takes-files");
  }

  /** Shows what messages wait for: a "person", the "relay", or "either" of the two; "" if they do not wait. */
  away(what) {
    if (what === this.#away) return;
    this.#away = what;
    if (!this.#lost) this.#part(".relayed").textContent = WAITS[what] ?? "";
  }

  remove() {
    this.#row.remove();
  }

  #draw(kind, details, relayed) {
    this.#part(".path").dataset.path = kind;
    this.#part(".badge").textContent = badges[kind];
    const spans = details.map((words) => Object.assign(document.createElement("span"), { textContent: words }));
    this.#part(".detail").replaceChildren(...spans.flatMap((span) => [span, " "]));
    this.#part(".relayed").textContent = relayed;
  }

  #takeFiles(onfile) {
    const button = this.#part(".send-file");
    const input = this.#part(".file");
    button.hidden = false;
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      for (const file of input.files) onfile(file);
      input.value = "";
    });
    this.#row.classList.add("takes-files");
    this.#row.addEventListener("files", ({ detail }) => detail.forEach(onfile));
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
