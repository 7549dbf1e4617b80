// One message of the user, and whether it was delivered.

import { words } from "./words.js";

export class Said {
  #entry;
  #mark; // the element that shows it
  #changed;
  #ways = new Map(); // by peer: the state of the latest attempt

  /** Gets an entry of the transcript; changed() is called when it must be saved. */
  constructor(entry, mark, changed) {
    this.#entry = entry;
    this.#mark = mark;
    this.#changed = changed;
    if (entry.delivered) this.#show("delivered", words.delivered);
    else if (entry.alone) this.#show("failed", words.alone);
  }

  get entry() {
    return this.#entry;
  }

  /** Follows an attempt to send it to a peer: the promise of a receipt. */
  async sent(to, sending) {
    const way = { state: "sending" };
    this.#ways.set(to, way);
    this.#draw();
    try {
      const { outcome } = await sending;
      const { kind, reason } = await outcome;
      way.state = reason === "no-link" ? "sent" : kind;
    } catch {
      way.state = "refused"; // the connection had ended
    }
    this.#draw();
  }

  #draw() {
    const states = [...this.#ways.values()].map(({ state }) => state);
    const delivered = states.filter((state) => state === "delivered").length;
    const all = delivered === states.length;
    if (all !== this.#entry.delivered) {
      this.#entry.delivered = all;
      if (all) this.#entry.shared = true;
      this.#changed();
    }
    if (all) this.#show("delivered", words.delivered);
    else if (states.includes("sending")) this.#show("sending", words.sending);
    else if (states.every((state) => state === "sent")) this.#show("sent", words.sent);
    else if (states.length > 1) this.#show("failed", words.deliveredTo(delivered, states.length));
    else this.#show("failed", states[0] === "refused" ? words.notDelivered : words.perhapsDelivered);
  }

  #show(state, text) {
    this.#mark.dataset.mark = state;
    this.#mark.textContent = this.#mark.title = this.#mark.ariaLabel = text;
    this.#mark.role = "img"; // it shows a tick; screen readers read its name
  }
}
