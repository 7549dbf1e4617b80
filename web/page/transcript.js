// What was said in the room, kept over a reload of the tab: in sessionStorage, for the
// peer that the tab then still is (the SDK's identity). A copy of the tab is another peer.

const KEY = "transcript";
const ENTRIES = 200;
const SIZE = 400_000; // characters of text

export class Transcript {
  #about; // {role, room, peer}: whose it is
  #start; // an ID for the time before the first entry
  #entries;

  /** Takes up what this very peer had, or begins anew. */
  constructor(role, room, peer) {
    this.#about = { role, room, peer };
    const { about, start, entries } = stored();
    const same = about?.role === role && about.room === room && about.peer === peer;
    this.#start = same ? start : newID();
    this.#entries = same ? entries : [];
    this.again = same; // whether this peer has been here before
  }

  get entries() {
    return this.#entries;
  }

  /** What is known last of what the host has said in its order: an ID, or "". */
  get last() {
    return this.#entries.findLast(({ shared }) => shared)?.id ?? this.#start;
  }

  has(id) {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** What was said after an ID that last gave; nothing if that is not known (any more). */
  after(id) {
    if (id === this.#start) return this.#entries;
    const at = this.#entries.findIndex((entry) => entry.id === id);
    return at < 0 ? [] : this.#entries.slice(at + 1);
  }

  /** What a host calls the time before the first entry. */
  begin(start) {
    if (this.#entries.some(({ shared }) => shared)) return;
    this.#start = start;
    this.save();
  }

  /**
   * Adds {id, name, text, at, mine, shared, delivered}. shared means that the host has
   * it, under this ID.
   */
  add(entry) {
    this.#entries.push(entry);
    let size = 0;
    for (const { text } of this.#entries) size += text.length;
    while (this.#entries.length > ENTRIES || size > SIZE) size -= this.#entries.shift().text.length;
    this.save();
  }

  /** The peer goes on under another ID. */
  move(peer) {
    this.#about.peer = peer;
    this.save();
  }

  save() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ about: this.#about, start: this.#start, entries: this.#entries }));
    } catch {
      // full, or forbidden: then a reload begins anew
    }
  }
}

/** The ID of the room that this tab hosts, also if it was loaded again; or "". */
export function hostedRoom() {
  const { about } = stored();
  return about?.role === "host" ? about.room : "";
}

/** Forgets what was said. */
export function forget() {
  sessionStorage.removeItem(KEY);
}

/** An ID that nobody else draws. */
export function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function stored() {
  try {
    const it = JSON.parse(sessionStorage.getItem(KEY));
    if (Array.isArray(it?.entries)) return it;
  } catch {
    // nothing, or not ours
  }
  return {};
}
