// The transcript of the room, kept over a reload of the tab: in sessionStorage, for the
// peer that the tab still is after it (the SDK's identity). A copy of the tab is another peer.

const KEY = "transcript";
const ENTRIES = 200;
const SIZE = 400_000; // characters of text

export class Transcript {
  #about; // {role, room, peer}: whose it is
  #start; // an ID for the time before the first entry
  #entries;
  #kept; // what the room keeps beside what was said

  /** Restores the transcript of this peer, or starts a new one. */
  constructor(role, room, peer) {
    this.#about = { role, room, peer };
    const { about, start, entries, kept } = stored();
    const same = about?.role === role && about.room === room && about.peer === peer;
    this.#start = same ? start : newID();
    this.#entries = same ? entries : [];
    this.#kept = (same && kept) || {};
    this.again = same; // whether this peer has been here before
  }

  get entries() {
    return this.#entries;
  }

  /** What the room keeps beside what was said, as keep(…) merged it. */
  get kept() {
    return this.#kept;
  }

  keep(values) {
    Object.assign(this.#kept, values);
    this.save();
  }

  /** The ID of the last entry that is in the host's order, or "". */
  get last() {
    return this.#entries.findLast(({ shared }) => shared)?.id ?? this.#start;
  }

  has(id) {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** The entries after an ID that last returned; none if it is not known (any more). */
  after(id) {
    if (id === this.#start) return this.#entries;
    const at = this.#entries.findIndex((entry) => entry.id === id);
    return at < 0 ? [] : this.#entries.slice(at + 1);
  }

  /** The host's ID for the time before the first entry. */
  begin(start) {
    if (this.#entries.some(({ shared }) => shared)) return;
    this.#start = start;
    this.save();
  }

  /**
   * Adds {id, name, text, at, mine, shared, delivered, alone}. shared means that the host has
   * it, under this ID; alone, that the host wrote it while no guest was there.
   */
  add(entry) {
    this.#entries.push(entry);
    let size = 0;
    for (const { text } of this.#entries) size += text.length;
    while (this.#entries.length > ENTRIES || size > SIZE) size -= this.#entries.shift().text.length;
    this.save();
  }

  /** The user goes on in the room in another role. What the transcript has is in the host's order then. */
  become(role, peer, kept) {
    this.#about = { ...this.#about, role, peer };
    this.#kept = kept;
    for (const entry of this.#entries) entry.shared = true;
    this.save();
  }

  /** The peer goes on under another ID. */
  move(peer) {
    this.#about.peer = peer;
    this.save();
  }

  save() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ about: this.#about, start: this.#start, entries: this.#entries, kept: this.#kept }));
    } catch {
      // full or forbidden; a reload then starts a new transcript
    }
  }
}

/** The ID of the room that this tab hosts, also after a reload; or "". */
export function hostedRoom() {
  const { about } = stored();
  return about?.role === "host" ? about.room : "";
}

/** Forgets the transcript. */
export function forget() {
  sessionStorage.removeItem(KEY);
}

/** A unique ID. */
export function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function stored() {
  try {
    const it = JSON.parse(sessionStorage.getItem(KEY));
    if (Array.isArray(it?.entries)) return it;
  } catch {
    // missing, or not ours
  }
  return {};
}
