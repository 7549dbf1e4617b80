// The host's record of a guest, also of one that is not back after a reload of the host's page.

import { failure } from "./errors.js";

const FORWARDED = 30; // knocks and answers of one guest that are passed on in SPAN
const SHARED = 100; // names, messages and calls of one guest that are taken in SPAN; more wait
const SPAN = 10_000; // milliseconds

export class Seat {
  peer = null; // the latest connection
  row = null;
  back = false; // whether it was here before this connection
  heir = true; // whether it can be the next host
  #forwards = new Rate(FORWARDED);
  #shares = new Rate(SHARED);

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
    return this.#forwards.take();
  }

  /** Waits until a message of the guest may go to the others. */
  async pace() {
    while (!this.#shares.take()) await new Promise((resolve) => setTimeout(resolve, SPAN / 10));
  }

  take(peer) {
    const before = this.peer;
    this.peer = peer;
    this.heir = true;
    before?.close();
  }

  empty() {
    this.peer?.close();
    this.row?.remove();
  }
}

/** At most so many in a SPAN. */
class Rate {
  #most;
  #since = 0; // when the count began
  #count = 0;

  constructor(most) {
    this.#most = most;
  }

  take() {
    const now = performance.now();
    if (now - this.#since > SPAN) [this.#since, this.#count] = [now, 0];
    return ++this.#count <= this.#most;
  }
}
