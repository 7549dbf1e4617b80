// Opens the WebSocket of a connection while the WebAssembly is loading. Go says later which
// socket it wants (sdk/internal/signaling). This one is used only if it is the same.

const WITHIN = 30_000; // milliseconds until Go must have taken the socket
const HELD = 1 << 20; // UTF-16 units of messages that wait for Go
const LEAVE = 1000; // the close code of a peer that leaves

const MAX_SECRET = 4096; // bytes (PROTOCOL.md, A2); Go refuses a longer one

/** The URLs that Go dials as they are. It changes or refuses all others (sdk/url.go). */
const asIs = {
  dial: /^wss?:\/\/[^\s/?#@\\]+\/([^\s?#\\]*\/)?client\/[a-z0-9-]{1,64}(\?[^\s#\\]*)?$/,
  listen: /^wss?:\/\/[^\s/?#@\\]+\/([^\s?#\\]*\/)?server(\?[^\s#\\]*)?$/,
};

/** A socket for Go's first attempt to connect. */
export class Early {
  /** The promise of the secret, for Go: while it is awaited, and while the socket is there that was opened with it. */
  secret = null;
  #socket = null;
  #url = "";
  #protocols = [];
  #events = []; // what has happened on it
  #held = 0;
  #over = false; // Go has asked, or does not any more
  #late;
  #signal;

  constructor(signal) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.drop);
  }

  /** For a peer without an identity. get promises its secret, and is null without one. */
  async open(how, url, get) {
    if (this.#isLate() || !asIs[how].test(url) || !globalThis.WebSocket) return;
    this.secret = get?.() ?? null;
    try {
      this.#open(url, get ? await this.secret : "");
    } finally {
      if (!this.#socket) this.secret = null; // Go asks again
    }
  }

  #isLate() {
    return this.#over || this.#signal?.aborted;
  }

  #open(url, secret) {
    const bytes = new TextEncoder().encode(secret);
    if (this.#isLate() || typeof secret !== "string" || bytes.length > MAX_SECRET) return;
    this.#url = url;
    this.#protocols = ["intercessor.v1"];
    if (secret) this.#protocols.push("intercessor.access." + base64url(bytes));
    try {
      this.#socket = new WebSocket(url, this.#protocols);
    } catch {
      return; // Go will say why
    }
    for (const type of TYPES) this.#socket.addEventListener(type, this.#note);
    this.#late = setTimeout(this.drop, WITHIN);
  }

  /** For Go, in place of the class. */
  WebSocket = ((early) => function (url, protocols) {
    return early.#take(url, protocols) ?? new WebSocket(url, protocols);
  })(this);

  /** Closes the socket unless Go has it. */
  drop = () => {
    this.#over = true;
    this.#release()?.close(LEAVE);
  };

  #note = (event) => {
    this.#held += event.data?.length ?? 0;
    if (event.type === "error" || this.#held > HELD) return this.#release()?.close(LEAVE);
    this.#events.push(event);
  };

  #take(url, protocols) {
    this.#over = true;
    const socket = this.#release();
    if (!socket) return null;
    if (url !== this.#url || protocols.join() !== this.#protocols.join()) {
      socket.close(LEAVE);
      return null;
    }
    // Go sets its handlers before it returns to the event loop.
    queueMicrotask(() => this.#events.splice(0).forEach((event) => socket["on" + event.type]?.(event)));
    return socket;
  }

  #release() {
    const socket = this.#socket;
    this.#socket = this.secret = null;
    clearTimeout(this.#late);
    this.#signal?.removeEventListener("abort", this.drop);
    for (const type of TYPES) socket?.removeEventListener(type, this.#note);
    return socket;
  }
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_", "=": "" })[c]);
}

const TYPES = ["open", "message", "close", "error"];
