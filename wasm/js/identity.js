// Who this page is, over reloads. What the SDK wants to be kept stands in sessionStorage,
// to which the browser gives a duplicated tab a copy; so it is used only by a page that
// holds the Web Lock of that peer's ID (PROTOCOL.md, R13).

const RELOAD = 1000; // milliseconds that the page before this one has to let go of the lock

/** Takes up who this page was at a URL, if options ask for it and that is possible. */
export async function takeUp(url, { identity = false }) {
  const name = identity === true ? "" : identity;
  if (name !== false && possible()) {
    const taken = new Identity(`intercessor:${name}:${url}`);
    await taken.takeUp();
    return taken;
  }
  return none;
}

class Identity {
  #key;
  #id = ""; // that of the peer, once its lock is held
  #text = ""; // what the SDK wants to be kept: a secret
  #letGo = () => {}; // gives the lock back

  /** What Go loads from and saves to. */
  store = {
    load: () => this.#text,
    save: (text) => {
      this.#text = text;
      this.#keep();
    },
  };

  constructor(key) {
    this.#key = key;
  }

  async takeUp() {
    const { id, text } = this.#stored();
    if (id && (await this.#lock(id))) [this.#id, this.#text] = [id, text];
  }

  /** Says the ID that the relay gave. A new one is kept from now on. */
  async became(id) {
    if (id === this.#id) return;
    this.#letGo();
    this.#id = (await this.#lock(id)) ? id : "";
    this.#keep();
  }

  /** The session could not be begun: another attempt may be more lucky, but for a final answer. */
  failed({ code }) {
    this.#leave(["no-such-server", "identity-refused", "replaced", "kicked"].includes(code));
  }

  /** The session is over, and with it the peer; unless the SDK broke, or another secret may help. */
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
      // not ours: then there is nothing
    }
    return {};
  }

  #keep() {
    if (!this.#id || !this.#text) return; // a base relay gives nothing to keep
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ id: this.#id, text: this.#text }));
    } catch {
      sessionStorage.removeItem(this.#key); // one that is out of date would lead astray
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
export const none = { store: null, async became() {}, failed() {}, ended() {} };

function possible() {
  let why = "";
  if (!navigator.locks) why = "this page has no Web Locks; they need https, or localhost";
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
