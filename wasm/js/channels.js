// Keeps data channels and their messages until the page listens for them.

import { endOf } from "./errors.js";

const HELD = 16 << 20; // bytes that wait on a channel for a listener
const EVENT = 64; // bytes counted for each message in addition to its content
const UNTAKEN = 64; // channels that wait for the page to accept them

/** The channels that the other peer opened, until the page accepts them. */
export class Incoming {
  #waiting = [];
  #sleepers = []; // the functions that wake waiting iterations
  #over = null; // why no more channels come

  add(channel) {
    if (this.#over || this.#waiting.length >= UNTAKEN) return channel.close();
    this.#waiting.push(hold(channel));
    this.#wake();
  }

  end(err) {
    this.#over ??= err;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      if (this.#waiting.length > 0) yield this.#waiting.shift();
      else if (this.#over) return endOf(this.#over);
      else await new Promise((resolve) => this.#sleepers.push(resolve));
    }
  }

  #wake() {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}

/**
 * Keeps the messages of a channel until the page listens for them. Otherwise they would be
 * lost between the event that brings the channel and the page's next line. A close
 * event waits until after them.
 */
export function hold(channel) {
  channel.binaryType = "arraybuffer";
  const { addEventListener } = channel;
  let events = [];
  let size = 0;

  const keep = (event) => {
    if (event.type === "close" && events.length === 0) return;
    event.stopImmediatePropagation();
    if (size > HELD && event.type === "message") return;
    events.push(event);
    size += EVENT + (event.data?.byteLength ?? event.data?.length ?? 0);
    if (size > HELD) overflow();
  };
  // A message that did not fit is lost, and so is the channel.
  const overflow = () => {
    events.push(new Event("error"));
    channel.close();
  };
  const release = () => {
    delete channel.addEventListener;
    delete channel.onmessage;
    // A moment later the page has also set binaryType.
    queueMicrotask(() => {
      for (const type of ["message", "close"]) channel.removeEventListener(type, keep);
      for (const event of events) channel.dispatchEvent(again(event, channel.binaryType));
      events = [];
    });
  };

  for (const type of ["message", "close"]) channel.addEventListener(type, keep);
  channel.addEventListener = (type, ...rest) => {
    addEventListener.call(channel, type, ...rest);
    if (type === "message") release();
  };
  Object.defineProperty(channel, "onmessage", {
    configurable: true,
    get: () => null,
    set(handler) {
      release();
      channel.onmessage = handler;
    },
  });
  return channel;
}

function again({ type, data }, binaryType) {
  if (type !== "message") return new Event(type);
  const blob = binaryType === "blob" && data instanceof ArrayBuffer;
  return new MessageEvent(type, { data: blob ? new Blob([data]) : data });
}
