// What has come of a file, and the parts that wait for the rest after their transfer has failed.

import { Sha256 } from "./sha256.js";

const MERGE = 1 << 20; // bytes that become a Blob, which the browser may keep on disk
const KEPT = 3_600_000; // milliseconds for which a part waits

export class Part {
  #place = null; // on the shelf
  #blobs = [];
  #buffer = null; // what comes behind the blobs
  #used = 0; // bytes of it
  #hash = new Sha256();
  size = 0;

  /** Has the shelf of a peer account for the part from now on; throws too-large if the file does not fit. */
  move(shelf, fileSize) {
    this.#place?.clear();
    this.#place = shelf.place(fileSize);
    this.#place.add(this.size);
  }

  /** Adds bytes; throws too-large if there is no space left for them. */
  add(bytes) {
    this.#place.add(bytes.length);
    this.#hash.update(bytes);
    this.size += bytes.length;
    while (bytes.length > 0) {
      this.#buffer ??= new Uint8Array(MERGE);
      const some = bytes.subarray(0, MERGE - this.#used);
      this.#buffer.set(some, this.#used);
      bytes = bytes.subarray(some.length);
      if ((this.#used += some.length) === MERGE) this.merge();
    }
  }

  /** The hash of what is there. */
  get sha256() {
    return this.#hash.hex();
  }

  /** Drops what is there. */
  empty() {
    this.#place.add(-this.size);
    this.#drop();
  }

  /** Drops all of it for good. */
  clear() {
    this.#place?.clear();
    this.#drop();
  }

  file(name, lastModified) {
    this.merge();
    // Never a type that the sender chooses: a blob has this page's origin.
    const options = { type: "application/octet-stream" };
    if (lastModified !== 0) options.lastModified = lastModified;
    return new File(this.#blobs, name, options);
  }

  /** Frees the memory that waits for more. */
  merge() {
    if (this.#used > 0) this.#blobs.push(new Blob([this.#buffer.subarray(0, this.#used)]));
    this.#buffer = null;
    this.#used = 0;
  }

  #drop() {
    this.#blobs = [];
    this.#buffer = null;
    this.#used = this.size = 0;
    this.#hash = new Sha256();
  }
}

const kept = new Map(); // by what was offered: {part, transfer, timer}

/** Keeps a part for the next offer of the file, for an hour. Returns a function that drops it. */
export function keep(offer, part, transfer) {
  part.merge();
  drop(offer);
  kept.set(offer, { part, transfer, timer: setTimeout(() => drop(offer), KEPT) });
  return () => kept.get(offer)?.part === part && drop(offer);
}

/** Returns {part, transfer} for a file that is offered again, which is then no longer kept; or undefined. */
export function takeUp(offer) {
  const it = kept.get(offer);
  clearTimeout(it?.timer);
  kept.delete(offer);
  return it;
}

function drop(offer) {
  const it = takeUp(offer);
  it?.part.clear();
  it?.transfer.dropped();
}
