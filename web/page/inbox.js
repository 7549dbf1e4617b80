// The messages of one data channel in order, one by one.

import { failure } from "./errors.js";

export class Inbox {
  #messages = [];
  #wake = () => {};
  #end = null; // the error that ends the inbox once #messages is empty

  constructor(channel, signal) {
    channel.addEventListener("message", ({ data }) => {
      this.#messages.push(data);
      this.#wake();
    });
    const end = (err) => {
      this.#end ??= err;
      this.#wake();
    };
    channel.addEventListener("close", () => end(failure("broken-off")));
    signal.addEventListener("abort", () => end(signal.reason));
    if (signal.aborted) end(signal.reason);
    // The SDK replays what came before this listener in a microtask: only after
    // that is a closed channel an empty one.
    queueMicrotask(() => channel.readyState === "closed" && end(failure("broken-off")));
  }

  /** Waits for the next message; throws broken-off, or the signal's reason, when none can come. */
  async next() {
    while (this.#messages.length === 0) {
      if (this.#end) throw this.#end;
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.#messages.shift();
  }
}

/** A JSON value as the bytes of one message. */
export function encode(value) {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The JSON object in one message, text or bytes; throws damaged if there is none. */
export function decode(message) {
  try {
    const value = JSON.parse(typeof message === "string" ? message : new TextDecoder().decode(message));
    if (value !== null && typeof value === "object") return value;
  } catch {
    // reported below
  }
  throw failure("damaged");
}
