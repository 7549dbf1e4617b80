// Byte streams, in the form of WebTransport's bidirectional streams.

import { endOf, invalid } from "./errors.js";

/** One byte stream to the other peer. */
export class Stream {
  #sdk;
  #number;
  #open = new Set(["reading", "writing"]); // directions that are not over

  constructor(sdk, { number, name }) {
    this.#sdk = sdk;
    this.#number = number;
    this.name = name;
    this.outcome = this.#settled();
    // Nothing is read ahead: what the page has not read does not count as delivered.
    this.readable = new ReadableStream({ pull: (to) => this.#pull(to), cancel: (why) => this.#cancel(why) }, { highWaterMark: 0 });
    this.writable = new WritableStream({
      start: (to) => {
        // An abort must also end a write that waits, and the sink's own method would wait for the write.
        to.signal.addEventListener("abort", () => this.#end("abortStream", to.signal.reason));
        this.#watch(to);
      },
      write: (chunk) => this.#write(bytesOf(chunk)),
      close: () => this.#sdk.now("closeStream", this.#number),
    });
  }

  async #pull(to) {
    try {
      const chunk = await this.#sdk.call("readStream", [this.#number]);
      if (chunk) return to.enqueue(chunk);
      to.close();
    } catch (err) {
      to.error(err);
    }
    this.#over("reading");
  }

  #cancel(why) {
    this.#end("stopStream", why);
    this.#over("reading");
  }

  #write(bytes) {
    return this.#sdk.call("writeStream", [this.#number, bytes]);
  }

  async #settled() {
    try {
      const [kind, reason] = await this.#sdk.call("sentStream", [this.#number]);
      return kind === "delivered" ? { kind } : { kind, reason };
    } catch (err) {
      return { kind: "unknown", reason: err.code };
    }
  }

  /** Lets a page that does not write learn that the other side reads no more. */
  async #watch(to) {
    const { kind } = await this.outcome;
    if (kind !== "delivered") await this.#write(new Uint8Array()).catch((err) => to.error(err));
    this.#over("writing");
  }

  #end(how, why) {
    try {
      this.#sdk.now(how, this.#number, ...reasonOf(why));
    } catch {
      // The connection was closed, or the SDK has stopped.
    }
  }

  #over(direction) {
    this.#open.delete(direction);
    if (this.#open.size > 0) return;
    try {
      this.#sdk.now("forgetStream", this.#number);
    } catch {
      // The SDK has stopped.
    }
  }
}

/** The streams that the other peer opens, as a ReadableStream. */
export function incomingStreams(sdk, conn) {
  return new ReadableStream({
    async pull(to) {
      try {
        to.enqueue(new Stream(sdk, await sdk.call("acceptStream", [conn])));
      } catch (err) {
        try {
          endOf(err);
          to.close();
        } catch {
          to.error(err);
        }
      }
    },
  }, { highWaterMark: 0 });
}

function bytesOf(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw invalid("a stream takes bytes: a Uint8Array or an ArrayBuffer");
}

// What abort(why) and cancel(why) say to the other side: why.streamCode and why.message, or a text.
function reasonOf(why) {
  const code = why?.streamCode;
  return [Number.isSafeInteger(code) && code >= 0 ? code : 0, String(why?.message ?? why ?? "")];
}
