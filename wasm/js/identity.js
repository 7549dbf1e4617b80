// Keeps this page's identity over reloads. The SDK's state is in sessionStorage,
// of which a duplicated tab gets a copy. So a page uses it only while it
// holds the Web Lock of that peer's ID (PROTOCOL.md, R13).

import { invalid } from "./errors.js";

const RELOAD = 1000; // milliseconds to wait for the lock of the page before this one

/** Restores this page's identity at a URL, or takes up another page's, if options ask for it and that is possible. */
export async function takeUp(url, { identity = false }) {
  if (identity === false || identity === null) return none;
  const { name = "", text = "" } = typeof identity === "object" ? identity : { name: identity === true ? "" : identity };
  if (typeof identity === "object" && !text) throw invalid("identity.text is empty: the listener has no identity to give");
  if (!possible()) {
    if (text) throw invalid("identity.text needs Web Locks and sessionStorage, so https or localhost");
    return none;
  }
  const taken = new Identity(`intercessor:${name}:${url}`, String(text));
  if (!text) await taken.takeUp();
  return taken;
}

class Identity {
  #key;
  #id = ""; // the peer's ID, once its lock is held
  #text = ""; // the SDK's state, a secret
  #letGo = () => {}; // releases the lock

  /** The store from which Go loads and to which it saves. */
  store = {
    load: () => this.#text,
    save: (text) => {
      this.#text = text;
      this.#keep();
    },
  };

  constructor(key, text) {
    this.#key = key;
    this.#text = text;
  }

  /** What another page needs to be this peer; "" if the relay gives none. */
  get text() {
    return this.#text;
  }

  async takeUp() {
    const { id, text } = this.#stored();
    if (id && (await this.#lock(id))) [this.#id, this.#text] = [id, text];
  }

  /** Sets the ID that the relay gave. A new ID is kept from now on. */
  async became(id) {
    if (id === this.#id) return;
    this.#letGo();
    this.#id = (await this.#lock(id)) ? id : "";
    this.#keep();
  }

  /** The session could not be started. Another attempt may succeed, unless the answer was final. */
  failed({ code }) {
    this.#leave(["no-such-server", "identity-refused", "replaced", "kicked"].includes(code));
  }

  /** The session is over, and with it the peer, unless the SDK failed or another secret may help. */
  ended({ code }) {
    this.#leave(code !== "internal" && code !== "access-refused");
  }

  #leave(forever) {
    if (forever && this.#id) sessionStorage.removeItem(this.#key);
    this.#id = "";
    this.#letGo();
  }

  #stored() {
    try {
      const { id, text } = JSON.parse(sessionStorage.getItem(this.#key)) ?? {};
      if (typeof id === "string" && typeof text === "string" && text) return { id, text };
    } catch {
      // not ours: treated as missing
    }
    return {};
  }

  #keep() {
    if (!this.#id || !this.#text) return; // a base relay has no resume tokens
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ id: this.#id, text: this.#text }));
    } catch {
      sessionStorage.removeItem(this.#key); // a stale one would fail at the next reload
      note("sessionStorage is full");
    }
  }

  // A lock is held for as long as its callback's promise is open. The browser gives it
  // back when the page is unloaded, so a reload may have to wait for a moment.
  #lock(id) {
    return new Promise((resolve) => {
      navigator.locks
        .request(`intercessor:${id}`, { signal: AbortSignal.timeout(RELOAD) }, () => {
          resolve(true);
          return new Promise((letGo) => (this.#letGo = letGo));
        })
        .catch(() => resolve(false)); // another page holds it
    });
  }
}

/** For a page that is a new peer each time. */
export const none = { text: "", store: null, async became() {}, failed() {}, ended() {} };

function possible() {
  let why = "";
  if (!globalThis.navigator?.locks) why = "this page has no Web Locks; they need https, or localhost";
  try {
    sessionStorage.length;
  } catch {
    why = "this page may not use sessionStorage";
  }
  if (why) note(why);
  return !why;
}

function note(why) {
  console.info(`Intercessor: a reload of this page will be a new peer: ${why}`);
}
