// What this page holds of received files: bytes count as they arrive, not as announced.
// One person can use half of it, so that the other half is left for everyone else.

import { diskLeft } from "./disk.js";
import { failure } from "./errors.js";
import { bytes } from "./format.js";
import { words } from "./words.js";

const BYTES = 2 * 2 ** 30; // in all, in memory
const FILES = 400; // in all; the chat keeps more entries than that

const all = { bytes: 0, files: 0 };
const people = new Map(); // by peer ID: what the page holds from that person

/** How many bytes the page can hold in all, on the disk or in memory. */
export async function capacity(disk) {
  const left = disk ? await diskLeft() : null;
  return left === null ? BYTES : all.bytes + left;
}

/** The part of one peer, over all its connections. */
export class Shelf {
  #peer;

  constructor(peer) {
    this.#peer = peer;
  }

  /** Throws too-large if so many files of this size in all do not fit now into a capacity. */
  check(size, files, most = BYTES) {
    const own = people.get(this.#peer) ?? { bytes: 0, files: 0 };
    const { fullForOne, full } = words.refusals;
    if (own.bytes + size > most / 2 || own.files + files > FILES / 2) throw failure("too-large", fullForOne(bytes(most / 2), FILES / 2));
    if (all.bytes + size > most || all.files + files > FILES) throw failure("too-large", full(bytes(most), FILES));
  }

  /** Returns a place for one file; throws too-large if it does not fit. Without a limit its bytes do not count. */
  place(size, most = BYTES) {
    const own = people.get(this.#peer) ?? { bytes: 0, files: 0 };
    const change = (n, files) => {
      for (const part of [own, all]) {
        part.bytes += most === Infinity ? 0 : n;
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
