// What comes on the stream of a file (CHAT.md): lines of JSON, and content between them.

import { failure } from "./errors.js";

const LONGEST = 4096; // bytes of a line, with its end
const END = 10; // a line feed

const PAUSED = 5; // the code with which a side that pauses cancels both directions

/** The user of this page has paused the transfer. */
export function pause() {
  return Object.assign(failure("paused"), { streamCode: PAUSED });
}

/** The error of a transfer for one of its stream. */
export function errorOf(err) {
  if (err.code !== "stream-ended") return err;
  return failure(err.streamCode === PAUSED ? "paused" : "broken-off");
}

export class Lines {
  #reader;
  #signal;
  #rest = new Uint8Array(); // what has come and was not asked for yet

  /** The signal ends what waits, with its reason. */
  constructor(readable, signal) {
    this.#reader = readable.getReader();
    this.#signal = signal;
    signal.addEventListener("abort", () => this.cancel(signal.reason));
    if (signal.aborted) this.cancel(signal.reason);
  }

  /**
   * Waits for the object of the next line; throws damaged, or what the other side says in its place. waits(seconds, user)
   * is called if that side needs so much longer for the line.
   */
  async line(waits) {
    for (;;) {
      const value = await this.#line();
      if (value.refused !== undefined) {
        const code = value.declined === true ? "declined" : value.paused === true ? "paused" : "refused";
        throw Object.assign(failure(code, String(value.refused).slice(0, 200)), { all: value.all === true });
      }
      if (!waits || !(value.waiting > 0)) return value;
      waits(value.waiting, value.user === true);
    }
  }

  async #line() {
    const bytes = [];
    for (let byte = 0; byte !== END; bytes.push(byte)) {
      if (bytes.length === LONGEST) throw failure("damaged");
      [byte] = await this.content(1);
    }
    return parsed(new Uint8Array(bytes));
  }

  /** Waits for the next bytes of content, at most so many. */
  async content(most) {
    if (this.#rest.length === 0) this.#rest = await this.#read();
    if (this.#rest === null) throw failure("broken-off");
    const content = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(most);
    return content;
  }

  /** Waits until the other side has closed its direction, and reads no more if it does not. */
  async end(milliseconds) {
    const late = setTimeout(() => this.cancel(), milliseconds);
    await this.#read().catch(() => {});
    clearTimeout(late);
    this.cancel();
  }

  cancel(why) {
    this.#reader.cancel(why).catch(() => {});
  }

  // Returns null at the end.
  async #read() {
    try {
      const { value, done } = await this.#reader.read();
      this.#signal.throwIfAborted();
      return done ? null : value;
    } catch (err) {
      throw errorOf(err);
    }
  }
}

/** A value as a line. */
export function line(value) {
  return new TextEncoder().encode(JSON.stringify(value) + "\n");
}

function parsed(bytes) {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (value !== null && typeof value === "object") return value;
  } catch {
    // reported below
  }
  throw failure("damaged");
}
