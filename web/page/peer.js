// One peer that this page has a connection to: its messages, its files, its row in
// the list of people, and what connects the two.

import { failure } from "./errors.js";
import { cleanID, cleanName, cleanText } from "./format.js";
import { Pace } from "./pace.js";
import { Path } from "./path.js";
import { Person } from "./people.js";
import { receiveFile, refuse } from "./receive.js";
import { sendFile } from "./send.js";
import { Shelf } from "./shelf.js";
import { Transfer } from "./transfer.js";

const TICK = 1000; // milliseconds between two looks at the path
const PING_EVERY = 3; // ticks
const TAKEN = 16; // files received at once from one peer
const SENT = 4; // files sent at once to one peer; more wait for their turn
const PENDING = 500; // messages that wait because the peer does not read; more are dropped

export class Peer {
  #conn;
  #on;
  #path;
  #shelf;
  #incoming = new Set(); // promises of files being received
  #outgoing = new Set();
  #ticks = 0;
  #pending = 0; // messages that are not accepted yet
  #timer = 0;

  /**
   * Takes a conn of the SDK. on has a function for each type of message that the
   * room cares for (name, chat, people, mark, since), called with the message's data; and moved()
   * for when messages begin to wait, or to go again.
   */
  constructor(conn, role, on) {
    this.#conn = conn;
    this.#on = on;
    this.#path = new Path(conn);
    this.#shelf = new Shelf(conn.peerId);
    this.row = new Person({ name: "Guest", role, onfile: (file) => this.sendFile(file) });
    conn.addEventListener("away", () => on.moved());
    conn.addEventListener("back", () => on.moved());
  }

  get id() {
    return this.#conn.peerId;
  }

  /** The state of the connection and, once it is closed, the reason. */
  get state() {
    return this.#conn.state;
  }
  get closed() {
    return this.#conn.closed;
  }

  get name() {
    return this.row.name;
  }

  /** Runs until the peer is gone, or was loaded anew; throws when this side's session with the relay ends. */
  async run() {
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#tick();
    this.#takeFiles();
    for await (const { type, data } of this.#conn) {
      this.#take(type, data);
    }
  }

  /** Sends a message and returns the promise of its receipt. A peer that has just left is not an error. */
  send(type, data) {
    const sending = this.#pending < PENDING ? this.#hand({ type, data }) : Promise.reject(failure("too-slow"));
    sending.catch(() => {}); // run() ends with the reason
    return sending;
  }

  async #hand(message) {
    this.#pending++;
    try {
      return await this.#conn.send(message);
    } finally {
      this.#pending--;
    }
  }

  async sendFile(file) {
    const transfer = new Transfer(`You to ${this.name}`, file.name, file.size, true);
    const { signal } = transfer;
    const cancelled = new Promise((resolve) => signal.addEventListener("abort", resolve));
    transfer.waits("waits for its turn");
    while (this.#outgoing.size >= SENT && !signal.aborted) await Promise.race([cancelled, ...this.#outgoing]);
    if (signal.aborted) return transfer.failed(signal.reason);
    transfer.waits("connecting…");
    const sending = sendFile(this.#conn, file, (sent) => transfer.progress(sent), signal);
    track(this.#outgoing, sending.then(() => transfer.done(), (err) => transfer.failed(err)));
  }

  /** Ends the connection once no file is being transferred. */
  async finish() {
    await Promise.allSettled([...this.#incoming, ...this.#outgoing]);
    this.close();
  }

  close() {
    clearInterval(this.#timer);
    this.row.remove();
    this.#conn.close();
  }

  #take(type, data) {
    switch (type) {
      case "ping":
        return this.send("pong", data);
      case "pong":
        if (typeof data === "number") this.#path.answered(Math.max(0, performance.now() - data) / 1000);
        return;
      case "name":
        this.row.rename(cleanName(data, "Guest"));
        return this.#on.name?.(this.name);
      case "chat":
        if (typeof data?.text !== "string") return;
        return this.#on.chat?.({ id: cleanID(data.id), text: cleanText(data.text), name: data.name });
      case "people":
        return this.#on.people?.(data);
      case "mark":
        return cleanID(data) && this.#on.mark?.(data);
      case "since": // answered only once, because the answer is expensive
        if (cleanID(data)) this.#on.since?.(data);
        this.#on.since = null;
        return;
    }
  }

  async #takeFiles() {
    try {
      for await (const channel of this.#conn.channels) {
        if (channel.label !== "file") channel.close();
        else if (this.#incoming.size < TAKEN) this.#receive(channel);
        else refuse(channel, failure("too-large", `the receiving page takes at most ${TAKEN} files at once from one person`));
      }
    } catch {
      // run() or the transfers under way say what happened
    } finally {
      this.#path.over = true;
    }
  }

  #receive(channel) {
    let transfer = null;
    const stop = new AbortController();
    const unnamed = new Pace(() => unnamed.stalled && stop.abort(unnamed.stalled)); // until it is announced
    const receiving = receiveFile(
      channel,
      this.#shelf,
      ({ name, size }) => {
        unnamed.end();
        transfer = new Transfer(this.name, name, size, false);
        transfer.signal.addEventListener("abort", () => stop.abort(transfer.signal.reason));
      },
      (received) => transfer.progress(received),
      stop.signal,
    );
    receiving.catch(() => unnamed.end());
    track(this.#incoming, receiving.then((file) => transfer.done(file), (err) => transfer?.failed(err)));
  }

  async #tick() {
    if (document.hidden) return; // the page is not visible, and a hidden page's timers are inexact
    if (this.state === "connected" && this.#ticks++ % PING_EVERY === 0) {
      this.#path.asked();
      this.send("ping", performance.now());
    }
    this.row.show(await this.#path.look());
  }
}

function track(transfers, transfer) {
  transfers.add(transfer);
  transfer.finally(() => transfers.delete(transfer));
}
