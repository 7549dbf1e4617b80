// What this page holds of received files: bytes count as they arrive, not as announced. One person can use half of the
// memory, so that the other half is left for everyone else, and what the user accepts of the disk.

import { diskLeft } from "./disk.js";
import { failure } from "./errors.js";
import { bytes } from "./format.js";
import { words } from "./words.js";

const FILES = 400; // in all; the chat keeps more entries than that
const MEMORY = { all: 2 * 2 ** 30, one: 2 ** 30 }; // bytes in all, and from one person

/** The capacity of places that the user chose: their disks say when they are full. */
export const ANY = { all: Infinity, one: Infinity };

const all = { bytes: 0, files: 0 };
const people = new Map(); // by peer ID: what the page holds from that person

/** How many bytes the page can hold, on the disk or in memory. */
export async function capacity(disk) {
  const left = disk ? await diskLeft() : null;
  return left === null ? MEMORY : { all: all.bytes + left, one: all.bytes + left };
}

/** The part of one peer, over all its connections. */
export class Shelf {
  #peer;

  constructor(peer) {
    this.#peer = peer;
  }

  /** Throws too-large if so many files of this size in all do not fit now into a capacity. */
  check(size, files, most) {
    const own = people.get(this.#peer) ?? { bytes: 0, files: 0 };
    const { filesForOne, filesInAll, fullForOne, full } = words.refusals;
    if (own.files + files > FILES / 2) throw failure("too-large", filesForOne(FILES / 2));
    if (all.files + files > FILES) throw failure("too-large", filesInAll(FILES));
    if (own.bytes + size > most.one) throw failure("too-large", fullForOne(bytes(most.one)));
    if (all.bytes + size > most.all) throw failure("too-large", full(bytes(most.all)));
  }

  /** Returns a place for one file; throws too-large if it does not fit into a capacity. In ANY its bytes do not count. */
  place(size, most = MEMORY) {
    const own = people.get(this.#peer) ?? { bytes: 0, files: 0 };
    const change = (n, files) => {
      for (const part of [own, all]) {
        part.bytes += most === ANY ? 0 : n;
        part.files += files;
      }
      if (own.files === 0) people.delete(this.#peer);
      else people.set(this.#peer, own);
    };
    let held = 0;
    let open = true;
    this.check(size, 1, most);
    change(0, 1);
    return {
      /** Counts received bytes; throws too-large if there is no space left for them. */
      add: (n) => {
        this.check(n, 0, most);
        change(n, 0);
        held += n;
      },
      /** Says that the page no longer holds the file. */
      clear() {
        if (open) change(-held, -1);
        open = false;
      },
    };
  }
}
