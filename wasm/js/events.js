// The events of connections and listeners.

/** Symbol.asyncDispose, or one of its own for a browser that has none. */
export const asyncDispose = Symbol.asyncDispose ?? Symbol("asyncDispose");

/** Another peer joined, is away, is back, or is gone. */
export class PeerEvent extends Event {
  constructor(type, connection, reason = "") {
    super(type);
    this.connection = connection;
    this.peerId = connection.peerId;
    this.reason = reason;
  }
}

/** An EventTarget that has a state, which changes until it is "closed". */
export class Stateful extends EventTarget {
  #state;
  #settle;

  constructor(state) {
    super();
    this.#state = state;
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  get state() {
    return this.#state;
  }

  /** For subclasses. why is the reason for "closed". */
  _enter(state, why) {
    if (state === this.#state || this.#state === "closed") return false;
    this.#state = state;
    if (state === "closed") this.#settle(why);
    this.dispatchEvent(new Event("statechange"));
    return true;
  }
}
