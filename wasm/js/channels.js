// Data channels between the browser's events and the page's next line.

import { endOf } from "./errors.js";

const HELD = 16 << 20; // bytes that wait on a channel for a listener
const EVENT = 64; // bytes that each message counts besides its content
const UNTAKEN = 64; // channels that wait for the page to take them

/** The channels that the other peer opened, until the page takes them. */
export class Incoming {
  #waiting = [];
  #sleepers = []; // what wakes each iteration that waits
  #over = null; // the error that no more channels come with

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
 * Keeps the messages of a channel until somebody listens for them: they would be
 * lost between the event that brings the channel and the page's next line. A close
 * event waits behind them.
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
  // What did not fit is lost, and so is the channel.
  const overflow = () => {
    events.push(new Event("error"));
    channel.close();
  };
  const release = () => {
    delete channel.addEventListener;
    delete channel.onmessage;
    // A moment later, the page has also said what binaryType it wants.
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
