// What this page holds of received files: bytes count as they arrive, not as announced.
// One person can use half of it, so that the other half is left for everyone else.

import { failure } from "./errors.js";
import { bytes } from "./format.js";
import { words } from "./words.js";

const BYTES = 2 * 2 ** 30; // in all
const FILES = 400; // in all; the chat keeps more entries than that

const all = { bytes: 0, files: 0 };
const people = new Map(); // by peer ID: what the page holds from that person

/** The part of one peer, over all its connections. */
export class Shelf {
  #peer;

  constructor(peer) {
    this.#peer = peer;
  }

  /** Returns a place for one file; throws too-large if a file of this size does not fit now. */
  place(size) {
    const own = people.get(this.#peer) ?? { bytes: 0, files: 0 };
    const check = (n, files) => {
      const { fullForOne, full } = words.refusals;
      if (own.bytes + n > BYTES / 2 || own.files + files > FILES / 2) throw failure("too-large", fullForOne(bytes(BYTES / 2), FILES / 2));
      if (all.bytes + n > BYTES || all.files + files > FILES) throw failure("too-large", full(bytes(BYTES), FILES));
    };
    const change = (n, files) => {
      for (const part of [own, all]) {
        part.bytes += n;
        part.files += files;
      }
      if (own.files === 0) people.delete(this.#peer);
      else people.set(this.#peer, own);
    };
    let held = 0;
    let open = true;
    check(size, 1);
    change(0, 1);
    return {
      /** Counts received bytes; throws too-large if there is no space left for them. */
      add(n) {
        check(n, 0);
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
