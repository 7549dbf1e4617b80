// What has come of a file, and the parts that wait for the rest after their transfer has failed.

import { failure } from "./errors.js";
import { ANY } from "./shelf.js";
import { words } from "./words.js";

const CHUNK = 1 << 20; // bytes that are stored at once
const WRITING = 8; // chunks that may wait for the disk
const KEPT = 3_600_000; // milliseconds for which a part in memory waits; disk.js says how long others do

const free = []; // the buffers of chunks, to be used again

export class Part {
  #store; // where the content is
  #place = null; // on the shelf
  #chunk = null; // what comes behind what is stored
  #used = 0; // bytes of it
  #writing = []; // promises
  #cold; // whether what is stored must be hashed first

  /** Begins with so many bytes that the store has already. */
  constructor(store, size = 0) {
    this.#store = store;
    this.#cold = size > 0;
    this.size = size;
  }

  /** Has the shelf of a peer account for the part from now on; throws too-large if the file does not fit. */
  move(shelf, fileSize, most) {
    this.#place?.clear();
    this.#place = shelf.place(fileSize, this.#store.chosen ? ANY : most);
    this.#place.add(this.size);
  }

  /** Adds bytes; throws too-large or full if there is no space left for them. */
  async add(bytes) {
    this.#place.add(bytes.length);
    this.size += bytes.length;
    while (bytes.length > 0) {
      this.#chunk ??= new Uint8Array(free.pop() ?? CHUNK);
      const some = bytes.subarray(0, CHUNK - this.#used);
      this.#chunk.set(some, this.#used);
      bytes = bytes.subarray(some.length);
      if ((this.#used += some.length) === CHUNK) await this.#push();
    }
  }

  /** Whether sha256 takes its time, because the content comes from before a reload. */
  get slow() {
    return this.#cold && this.size > 2 ** 29;
  }

  /** The hash of what is there. */
  async sha256() {
    await this.#flush();
    this.#cold = false;
    return stored(this.#store.sha256());
  }

  /** Drops what is there. */
  async empty() {
    await this.#flush();
    await stored(this.#store.empty());
    this.#place.add(-this.size);
    this.size = 0;
  }

  /** Drops what is behind so many bytes, and the place on the shelf. */
  async cut(size) {
    this.leave();
    await this.#flush().catch(() => {});
    if (this.size > size) await this.#store.cut(size);
    this.size = size;
    this.#cold = true;
  }

  /** Says that the page no longer holds it. */
  leave() {
    this.#place?.clear();
  }

  /** Drops all of it for good. */
  async clear() {
    this.leave();
    this.#chunk = null;
    this.size = this.#used = 0;
    await this.#store.remove();
  }

  /** Ends the writing. Returns a File, or null if it is where the user wants it. */
  async finish(name, lastModified) {
    await this.#flush();
    const content = await stored(this.#store.file());
    this.#store.note({ whole: true });
    if (!content) this.#place.clear();
    return content && fileOf(content, name, lastModified);
  }

  /** Frees what only a running transfer needs. */
  async rest() {
    await this.#flush();
    await this.#store.rest();
  }

  get durable() {
    return this.#store.durable;
  }

  /** Records what is known of the file. */
  note(about) {
    this.#store.note(about);
  }

  async #push() {
    const chunk = this.#chunk.subarray(0, this.#used);
    this.#chunk = null;
    this.#used = 0;
    const writing = stored(this.#store.write(chunk)).then((buffer) => buffer && free.length < WRITING && free.push(buffer));
    writing.catch(() => {}); // it is awaited later
    this.#writing.push(writing);
    while (this.#writing.length > WRITING) await this.#writing.shift();
  }

  async #flush() {
    if (this.#used > 0) await this.#push();
    await Promise.all(this.#writing.splice(0));
  }
}

/** Content as a File that may be saved. */
export function fileOf(content, name, lastModified) {
  // Never a type that the sender chooses: a blob has this page's origin.
  const options = { type: "application/octet-stream" };
  if (lastModified !== 0) options.lastModified = lastModified;
  return new File([content], name, options);
}

async function stored(promise) {
  try {
    return await promise;
  } catch (err) {
    throw err.name === "QuotaExceededError" ? failure("full", words.refusals.diskFull) : failure("not-stored", words.refusals.notStored);
  }
}

const kept = new Set(); // {offer, person, part, transfer, timer}

/**
 * Keeps a part for the next offer of the file by this person, in place of an earlier one. Returns a function that
 * drops it.
 */
export function keep(offer, person, part, transfer) {
  part.rest().catch(() => {});
  drop(find(offer, person));
  const it = { offer, person, part, transfer };
  if (!part.durable) it.timer = setTimeout(() => drop(it), KEPT);
  kept.add(it);
  return () => drop([...kept].find((other) => other.part === part));
}

/** Shows all that is kept. */
export function showKept() {
  for (const { transfer } of kept) transfer.show();
}

/** Returns {part, transfer} for a file that this person offers again, which is then no longer kept; or undefined. */
export function takeUp(offer, person) {
  return release(find(offer, person));
}

/**
 * Like takeUp for a file that someone else has offered before. Returns also giveBack(), which keeps the part for that
 * person as it was.
 */
export function borrow(offer) {
  const it = release([...kept].find((it) => it.offer === offer && it.part.durable));
  if (!it) return undefined;
  const { person, part, transfer } = it;
  const { size } = part;
  transfer.hide();
  const giveBack = async () => {
    await part.cut(size).catch(() => {}); // the next sender compares hashes
    keep(offer, person, part, transfer);
    transfer.show();
  };
  return { part, giveBack };
}

function find(offer, person) {
  return [...kept].find((it) => it.offer === offer && it.person === person);
}

function release(it) {
  clearTimeout(it?.timer);
  kept.delete(it);
  return it;
}

function drop(it) {
  release(it)?.part.clear();
  it?.transfer.dropped();
}
