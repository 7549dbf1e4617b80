// How fast a transfer moves now, and since when it does not. A timer counts the seconds:
// it stops while the browser has frozen the page, so no peer is blamed for that.

import { failure } from "./errors.js";
import { words } from "./words.js";

const SECOND = 1000; // milliseconds
const SPAN = 3; // seconds over which the rate is averaged
const STALLED = 60; // seconds without progress that end a transfer
const LONGEST = 660; // the same where the other side says that it needs longer

export class Pace {
  #past = [{ at: performance.now(), done: 0 }]; // one for each of the last seconds
  #done = 0;
  #timer;
  #limit = STALLED;
  quiet = 0; // seconds without progress

  /** Calls tick() once a second until end(). */
  constructor(tick) {
    this.#timer = setInterval(() => {
      this.quiet = this.#done > this.#past.at(-1).done ? 0 : this.quiet + 1;
      this.#past.push({ at: performance.now(), done: this.#done });
      if (this.#past.length > SPAN) this.#past.shift();
      tick();
    }, SECOND);
  }

  /** Goes on from what was done before it began. */
  begin(done) {
    this.#past = [{ at: performance.now(), done }];
    this.reach(done);
    this.quiet = 0;
    this.#limit = STALLED;
  }

  /** The other side may need so many seconds more. */
  allow(seconds) {
    this.#limit = Math.min(this.quiet + seconds + STALLED, LONGEST);
  }

  /** Sets how much is done. */
  reach(done) {
    this.#done = done;
    if (done > this.#past.at(-1).done) this.quiet = 0;
  }

  /** Bytes a second. */
  get rate() {
    const { at, done } = this.#past[0];
    return (this.#done - done) / Math.max(0.001, (performance.now() - at) / 1000);
  }

  /** The error that ends a stalled transfer; null while it may go on. */
  get stalled() {
    return this.quiet < this.#limit ? null : failure("stalled", words.refusals.stalled);
  }

  end() {
    clearInterval(this.#timer);
  }
}
