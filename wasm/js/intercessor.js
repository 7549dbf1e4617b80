// Intercessor's SDK for browsers. The work is done by Go, compiled to WebAssembly
// and loaded from beside this file on first use; here is the API that
// intercessor.d.ts describes. Bytes on data channels do not pass through Go.

import { hold, Incoming } from "./channels.js";
import { endOf, IntercessorError, invalid } from "./errors.js";
import { start } from "./program.js";

export { IntercessorError };

export async function connect(url, options = {}) {
  const sdk = await start();
  return new Connection(sdk, await sdk.call("dial", [String(url), iceServers(options)], options.signal));
}

export async function listen(url, options = {}) {
  const sdk = await start();
  return new Listener(sdk, await sdk.call("listen", [String(url), iceServers(options)], options.signal));
}

class Connection {
  #sdk;
  #number;
  #pc = null;
  #incoming = new Incoming();
  #watched = false; // whether somebody waits for pathEnd
  #onclose;

  constructor(sdk, { number, id, peerId }, onclose = () => {}) {
    this.#sdk = sdk;
    this.#number = number;
    this.#onclose = onclose;
    this.id = id;
    this.peerId = peerId;
    sdk.incoming.set(number, this.#incoming);
  }

  get pc() {
    return (this.#pc ??= this.#sdk.now("pc", this.#number));
  }

  get channels() {
    if (!this.#watched) {
      this.#watched = true;
      this.#sdk.call("pathEnd", [this.#number]).catch((err) => this.#incoming.end(err));
    }
    return this.#incoming;
  }

  async send(message) {
    if (typeof message?.type !== "string") throw invalid("a message is an object with a type and data");
    await this.#sdk.call("send", [this.#number, message.type, toJSON(message.data)]);
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const message = await this.#sdk.call("receive", [this.#number]).catch(endOf);
      if (!message) return;
      yield { type: message[0], data: JSON.parse(message[1]) };
    }
  }

  openChannel(label, { signal } = {}) {
    return this.#sdk.call("openChannel", [this.#number, String(label)], signal, hold);
  }

  close() {
    this.#incoming.end({ code: "closed" });
    this.#sdk.close(this.#number);
    this.#onclose();
  }
}

class Listener {
  #sdk;
  #number;
  #conns = new Set(); // those that are not closed

  constructor(sdk, { number, id, url }) {
    this.#sdk = sdk;
    this.#number = number;
    this.id = id;
    this.url = url;
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const accepted = await this.#sdk.call("accept", [this.#number]).catch(endOf);
      if (!accepted) return;
      const conn = new Connection(this.#sdk, accepted, () => this.#conns.delete(conn));
      this.#conns.add(conn);
      yield conn;
    }
  }

  close() {
    for (const conn of this.#conns) conn.close();
    this.#sdk.close(this.#number);
  }
}

function toJSON(data) {
  let text;
  try {
    text = JSON.stringify(data);
  } catch (err) { // a cycle, a BigInt
    throw invalid(`the data has no JSON form: ${err.message}`, err);
  }
  if (text === undefined) throw invalid("the data has no JSON form: it is undefined, a function or a symbol");
  return text;
}

// RTCIceServer in the one form that Go reads.
function iceServers({ iceServers: servers = [] }) {
  try {
    return Array.from(servers, ({ urls, username = "", credential = "" }) => ({
      urls: typeof urls === "string" ? [urls] : Array.from(urls, String),
      username: String(username),
      credential: String(credential),
    }));
  } catch (err) {
    throw invalid("iceServers is an array of objects with urls", err);
  }
}
