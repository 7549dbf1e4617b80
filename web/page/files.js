// The files between this page and one other peer, over all connections to it: what fails with
// one connection goes on with the next.

import { failure } from "./errors.js";
import { Pace } from "./pace.js";
import { receiveFile, refuse } from "./receive.js";
import { sendFile } from "./send.js";
import { Shelf } from "./shelf.js";
import { Transfer } from "./transfer.js";
import { words } from "./words.js";

const TAKEN = 16; // files received at once from one peer
const SENT = 4; // files sent at once to one peer; more wait for their turn

const ENDS = ["peer-gone", "restarted", "given-up", "closed"]; // errors after which another connection may come

const people = new Map(); // by the ID that filesOver got

/** Returns the Files of the person to whom this connection leads. It is the latest one from now on. */
export function filesOver(conn, name, person) {
  const files = people.get(person) ?? new Files(person);
  people.set(person, files);
  files.follow(conn, name);
  return files;
}

class Files {
  #person;
  #shelf;
  #conn; // the latest
  #name; // a function
  #over = false; // whether no other connection comes
  #wakes = []; // the functions that wake who waits for another connection
  #incoming = 0;
  #outgoing = new Set(); // promises of files being sent

  constructor(person) {
    this.#person = person;
    this.#shelf = new Shelf(person);
  }

  follow(conn, name) {
    [this.#conn, this.#name] = [conn, name];
    this.#wake();
    this.#take(conn);
  }

  /** Says that no other connection follows this one. */
  end(conn) {
    if (conn !== this.#conn) return;
    people.delete(this.#person);
    this.#over = true;
    this.#wake();
  }

  async send(file) {
    const transfer = new Transfer(file.name, file.size, () => this.#way());
    transfer.start(words.youTo(this.#name()), true);
    const { signal } = transfer;
    const cancelled = new Promise((resolve) => signal.addEventListener("abort", resolve));
    transfer.waits(words.waitsForTurn);
    while (this.#outgoing.size >= SENT && !signal.aborted) await Promise.race([cancelled, ...this.#outgoing]);
    if (signal.aborted) return transfer.failed(signal.reason);
    const sending = this.#send(file, transfer, cancelled);
    this.#outgoing.add(sending);
    sending.finally(() => this.#outgoing.delete(sending));
  }

  async #send(file, transfer, cancelled) {
    transfer.runs();
    for (;;) {
      const conn = this.#conn;
      try {
        transfer.waits(words.waitsForAnswer);
        await sendFile(conn, file, transfer);
        return transfer.done();
      } catch (err) {
        if (!ENDS.includes(err.code)) return transfer.failed(err);
        transfer.waits(words.waitsForPerson(this.#name()));
        while (this.#conn === conn && !this.#over && !transfer.signal.aborted) {
          await Promise.race([cancelled, new Promise((resolve) => this.#wakes.push(resolve))]);
        }
        if (transfer.signal.aborted) return transfer.failed(transfer.signal.reason);
        if (this.#conn === conn) return transfer.failed(err);
      }
    }
  }

  async #take(conn) {
    const streams = conn.incomingBidirectionalStreams.getReader();
    try {
      for (let stream; (stream = (await streams.read()).value); ) {
        if (stream.name === "file" && this.#incoming < TAKEN) {
          this.#receive(stream);
          continue;
        }
        const why = stream.name === "file" ? words.refusals.manyAtOnce(TAKEN) : words.refusals.filesOnly;
        refuse(stream.writable.getWriter(), failure("too-large", why));
        stream.readable.cancel().catch(() => {});
      }
    } catch {
      // The room, and the transfers under way, say what happened.
    }
  }

  async #receive(stream) {
    this.#incoming++;
    const stop = new AbortController();
    const unnamed = new Pace(() => unnamed.stalled && stop.abort(unnamed.stalled)); // until it is offered
    const show = ({ name, size }, before) => {
      unnamed.end();
      const transfer = before ?? new Transfer(name, size, () => this.#way());
      transfer.start(this.#name(), false);
      transfer.runs();
      transfer.signal.addEventListener("abort", () => stop.abort(transfer.signal.reason));
      return transfer;
    };
    await receiveFile(stream, this.#shelf, show, stop.signal);
    unnamed.end();
    this.#incoming--;
  }

  /** Says over which path files go, and whether they do. */
  #way() {
    if (this.#conn.state === "reconnecting") return { moves: false, text: words.waitsForConnection };
    return { moves: true, text: words.routes[this.#conn.path.route] };
  }

  #wake() {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
