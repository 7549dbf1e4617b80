// The sets of files that one person has offered (CHAT.md): the user is asked once for each.

import { failure } from "./errors.js";

const MOST = 64; // sets that are remembered

export class Sets {
  #known = new Map(); // by their IDs

  /**
   * Returns the user's answer to the set of an offer. ask() is called for the first file of it, waits() for those that come
   * before the answer. Throws if the sender offers something else than it has announced.
   */
  async answer({ key, size, of }, ask, waits) {
    const known = this.#known.get(of.id);
    if (known && !known.answered) waits();
    const set = known ?? this.#add(of, ask);
    if (set.files !== of.files || set.size !== of.size) throw failure("damaged");
    const answer = await set.answer;
    set.answered = true;
    const before = set.offered.get(key) ?? 0;
    const more = set.offered.has(key) ? 0 : 1; // a file may be offered again
    if (set.offered.size + more > set.files || set.bytes + size - before > set.size) throw failure("damaged");
    set.offered.set(key, size);
    set.bytes += size - before;
    return answer;
  }

  #add({ id, files, size }, ask) {
    if (this.#known.size === MOST) this.#known.delete(this.#known.keys().next().value);
    const set = { files, size, bytes: 0, offered: new Map(), answer: ask() };
    this.#known.set(id, set);
    set.answer.catch(({ code }) => code !== "declined" && code !== "too-large" && this.#known.delete(id)); // it can be asked again
    return set;
  }
}
