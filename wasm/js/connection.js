// A connection to one other peer.

import { hold, Incoming } from "./channels.js";
import { closedHere, endOf, invalid } from "./errors.js";
import { asyncDispose, PeerEvent, Stateful } from "./events.js";
import { none } from "./identity.js";
import { incomingStreams, Stream } from "./streams.js";

export class Connection extends Stateful {
  #sdk;
  #number;
  #identity;
  #pc = null;
  #incoming = new Incoming();
  #watched = false; // whether pathEnd is being awaited
  #streams = null; // that the other side opens
  #info = { json: "", value: null }; // the server's information
  #servers = []; // the latest ICE servers
  #path; // as it was last looked at
  #closing = null; // settled when Go has closed
  #onclose;
  #last = null; // the latest send that waits; later ones must not overtake it

  /** onclose is called when the page has closed this connection, also one that has ended. */
  constructor(sdk, { number, id, peerId, reliable, state }, identity = none, onclose = () => {}) {
    super(state);
    this.#onclose = onclose;
    this.#sdk = sdk;
    this.#number = number;
    this.#identity = identity;
    this.id = id;
    this.peerId = peerId;
    this.reliable = reliable;
    sdk.open.set(number, this.#incoming);
    this.#learn();
    this.#follow();
    this.#followPath();
  }

  get path() {
    try {
      this.#path = this.#sdk.now("pathNow", this.#number);
    } catch {
      // The connection was closed, or the SDK has stopped: the path stays as it was.
    }
    return this.#path;
  }

  get pc() {
    try {
      const first = this.#pc === null;
      this.#pc = this.#sdk.now("pc", this.#number);
      if (first) this.#followPC(this.#pc);
    } catch (err) {
      if (this.#pc === null) throw err; // the last one stays there after the end
    }
    return this.#pc;
  }

  get serverInfo() {
    this.#learn();
    return this.#info.value;
  }

  get iceServers() {
    this.#learn();
    return structuredClone(this.#servers);
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
    const json = toJSON(message.data);
    const args = [this.#number, message.type, json];
    // Go wakes waiting sends in any order, so they are queued here.
    const sent = this.#last ? this.#last.then(() => this.#sdk.send(args)) : this.#sdk.send(args);
    const last = sent.then(() => {}, () => {});
    this.#last = last;
    last.then(() => this.#last === last && (this.#last = null));
    return sent;
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const message = await this.#sdk.call("receive", [this.#number]).catch(endOf);
      if (!message) return;
      yield { type: message[0], data: JSON.parse(message[1]) };
    }
  }

  openChannel(label, { signal, ...init } = {}) {
    return this.#sdk.call("openChannel", [this.#number, String(label), init], signal, hold);
  }

  async createBidirectionalStream({ name = "stream", signal } = {}) {
    return new Stream(this.#sdk, await this.#sdk.call("openStream", [this.#number, String(name)], signal));
  }

  get incomingBidirectionalStreams() {
    return (this.#streams ??= incomingStreams(this.#sdk, this.#number));
  }

  async kick({ seconds = 0, by = "" } = {}) {
    if (!(seconds >= 0)) throw invalid("seconds is a number");
    if (!["", "source", "subject"].includes(by)) throw invalid('by is "source" or "subject"');
    await this.#sdk.call("kick", [this.#number, Math.min(seconds, 31536000), by]);
  }

  networkChanged() {
    if (this.state !== "closed") this.#sdk.now("networkChanged", this.#number);
  }

  close() {
    this.#incoming.end({ code: "closed" });
    this.#closing ??= this.#sdk.close(this.#number);
    this.#end(closedHere());
    this.#onclose();
  }

  async [asyncDispose]() {
    this.close();
    await this.#closing;
  }

  /** Keeps what the relay has told, also for when the connection is closed. */
  #learn() {
    if (this.state === "closed") return;
    this.#servers = this.#sdk.now("iceServers", this.#number);
    const json = this.#sdk.now("serverInfo", this.#number);
    if (json !== this.#info.json) this.#info = { json, value: JSON.parse(json || "null") };
  }

  async #follow() {
    try {
      for (;;) this.#become(await this.#sdk.call("news", [this.#number, this.state]));
    } catch (err) {
      this.#end(err);
    }
  }

  async #followPath() {
    try {
      let seen = this.#sdk.now("pathNow", this.#number);
      this.#path = seen;
      for (;;) {
        seen = await this.#sdk.call("path", [this.#number, seen.state, seen.problem, seen.route, seen.turn]);
        this.dispatchEvent(new Event("pathchange"));
      }
    } catch {
      // The connection is closed, or the SDK has stopped.
    }
  }

  async #followPC(pc) {
    try {
      for (;;) {
        pc = await this.#sdk.call("nextPC", [this.#number, pc]);
        this.dispatchEvent(new Event("pcchange"));
      }
    } catch {
      // None follows.
    }
  }

  #become(state) {
    const before = this.state;
    if (!this._enter(state)) return;
    this.#learn();
    if (state === "reconnecting") this.dispatchEvent(new PeerEvent("away", this));
    else if (before === "reconnecting") this.dispatchEvent(new PeerEvent("back", this));
  }

  #end(err) {
    if (!this._enter("closed", err)) return;
    this.#identity.ended(err);
    if (err.code !== "closed") this.dispatchEvent(new PeerEvent("gone", this, err.reason || err.code));
  }
}

export function toJSON(data) {
  let text;
  try {
    text = JSON.stringify(data);
  } catch (err) { // a cycle, a BigInt
    throw invalid(`the data has no JSON form: ${err.message}`, err);
  }
  if (text === undefined) throw invalid("the data has no JSON form: it is undefined, a function or a symbol");
  return text;
}
