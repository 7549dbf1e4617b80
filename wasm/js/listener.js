// A server peer.

import { Connection, toJSON } from "./connection.js";
import { closedHere, endOf } from "./errors.js";
import { asyncDispose, PeerEvent, Stateful } from "./events.js";
import { none } from "./identity.js";

const UNTAKEN = 64; // connections that wait for the page to accept them; more wait in Go

export class Listener extends Stateful {
  #sdk;
  #number;
  #identity;
  #conns = new Set(); // connections not closed by close()
  #waiting = []; // connections that no iteration has returned yet
  #sleepers = []; // the functions that wake waiters when conns or waiting change
  #closing = null; // settled when Go has closed
  #over = null; // why no more connections come

  constructor(sdk, { number, id, url, state }, identity) {
    super(state);
    this.#sdk = sdk;
    this.#number = number;
    this.#identity = identity;
    this.id = id;
    this.url = url;
    sdk.open.set(number, null);
    this.#accept();
    this.#follow();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      if (this.#waiting.length > 0) {
        const conn = this.#waiting.shift();
        this.#wake();
        yield conn;
      } else if (this.#over) {
        return endOf(this.#over);
      } else {
        await this.#change();
      }
    }
  }

  get identity() {
    return this.#identity.text;
  }

  async setOpen(open) {
    await this.#sdk.call("setOpen", [this.#number, Boolean(open)]);
  }

  async setInfo(value) {
    await this.#sdk.call("setInfo", [this.#number, toJSON(value)]);
  }

  networkChanged() {
    if (this.state !== "closed") this.#sdk.now("networkChanged", this.#number);
  }

  close() {
    this.#stop(closedHere());
    for (const conn of this.#conns) conn.close();
    this.#closing ??= this.#sdk.close(this.#number);
  }

  async [asyncDispose]() {
    this.close();
    await this.#closing;
  }

  async #accept() {
    try {
      for (;;) {
        while (this.#waiting.length >= UNTAKEN) await this.#change();
        await this.#take(await this.#sdk.call("accept", [this.#number]));
      }
    } catch (err) {
      this.#stop(err);
    }
  }

  async #follow() {
    try {
      for (;;) this._enter(await this.#sdk.call("news", [this.#number, this.state]));
    } catch (err) {
      this.#end(err); // the clients that came before can still be accepted
    }
  }

  async #take(made) {
    // A peer that comes back without memory is a new connection. The page gets the end of the old one first.
    for (const conn of this.#conns) if (conn.peerId === made.peerId) await conn.closed;
    const conn = new Connection(this.#sdk, made, none, () => this.#conns.delete(conn));
    this.#conns.add(conn);
    for (const type of ["away", "back", "gone"]) {
      conn.addEventListener(type, ({ reason }) => this.dispatchEvent(new PeerEvent(type, conn, reason)));
    }
    if (this.#over) return conn.close();
    this.#waiting.push(conn);
    this.dispatchEvent(new PeerEvent("joined", conn));
    this.#wake();
  }

  #end(err) {
    if (this._enter("closed", err)) this.#identity.ended(err);
  }

  /** No more connections come. */
  #stop(err) {
    this.#over ??= err;
    this.#end(err);
    this.#wake();
  }

  #change() {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  #wake() {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}
