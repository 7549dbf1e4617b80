// The host's record of a guest, also of one that is not back after a reload of the host's page.

import { failure } from "./errors.js";

const FORWARDED = 30; // knocks and answers of one guest that are passed on in SPAN
const SPAN = 10_000; // milliseconds

export class Seat {
  peer = null; // the latest connection
  row = null;
  back = false; // whether it was here before this connection
  #span = 0; // when the count of what was forwarded began
  #forwarded = 0;

  constructor({ id, key = "", name = "", call = false }) {
    [this.id, this.key, this.name, this.call] = [id, key, name, call];
  }

  /** Returns the Peer, if there is one that is not closed. */
  connected() {
    if (!this.peer || this.peer.state === "closed") throw failure("closed");
    return this.peer;
  }

  /** Whether it is in the list of people: one that may come back has a key to show then. */
  get listed() {
    return this.name !== "" && (this.peer !== null || this.key !== "");
  }

  /** Whether other guests can connect to it. */
  get reachable() {
    return this.listed && this.peer !== null && this.key !== "";
  }

  rename(name) {
    this.name = name;
    this.row?.rename(name);
  }

  mayForward() {
    const now = performance.now();
    if (now - this.#span > SPAN) [this.#span, this.#forwarded] = [now, 0];
    return ++this.#forwarded <= FORWARDED;
  }

  take(peer) {
    const before = this.peer;
    this.peer = peer;
    before?.close();
  }

  empty() {
    this.peer?.close();
    this.row?.remove();
  }
}
