// One peer that this page has a connection to: its messages, its files, its row in
// the list of people, and what connects the two.

import { cleanName, cleanText } from "./format.js";
import { Path } from "./path.js";
import { Person } from "./people.js";
import { receiveFile } from "./receive.js";
import { sendFile } from "./send.js";
import { Transfer } from "./transfer.js";

const TICK = 1000; // milliseconds between two looks at the path
const PING_EVERY = 3; // ticks
const TRANSFERS = 16; // files at once from one peer

export class Peer {
  #conn;
  #on;
  #path;
  #transfers = new Set(); // promises of files under way, both directions
  #ticks = 0;
  #timer = 0;
  alive = true; // whether the relay carries messages to this peer

  /**
   * Takes a conn of the SDK. on has a function for each type of message that the
   * room cares for (name, chat, people), called with the message's data.
   */
  constructor(conn, role, on) {
    this.#conn = conn;
    this.#on = on;
    this.#path = new Path(conn);
    this.row = new Person({ name: "Guest", role, onfile: (file) => this.sendFile(file) });
  }

  get name() {
    return this.row.name;
  }

  /** Runs until the peer is gone; throws when the relay is. */
  async run() {
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#tick();
    this.#takeFiles();
    try {
      for await (const { type, data } of this.#conn) {
        this.#path.relayed += (JSON.stringify(data) ?? "").length;
        this.#take(type, data);
      }
    } finally {
      this.alive = false;
    }
  }

  /** Sends a message; a peer that just left is no error of the user's. */
  send(type, data) {
    if (!this.alive) return;
    this.#path.relayed += JSON.stringify(data).length;
    this.#conn.send({ type, data }).catch(() => {}); // run() ends with the reason
  }

  sendFile(file) {
    const transfer = new Transfer(`You to ${this.name}`, file.name, file.size, true);
    const sending = sendFile(this.#conn, file, (sent) => transfer.progress(sent), transfer.signal);
    this.#track(sending.then(() => transfer.done(), (err) => transfer.failed(err)));
  }

  /** Ends the connection once no file is under way. */
  async finish() {
    await Promise.allSettled(this.#transfers);
    this.close();
  }

  close() {
    this.alive = false;
    clearInterval(this.#timer);
    this.row.remove();
    this.#conn.close();
  }

  #take(type, data) {
    switch (type) {
      case "ping":
        return this.send("pong", data);
      case "pong":
        if (typeof data === "number") this.#path.relayTrip = Math.max(0, performance.now() - data) / 1000;
        return;
      case "name":
        this.row.rename(cleanName(data, "Guest"));
        return this.#on.name?.(this.name);
      case "chat":
        if (typeof data?.text === "string") this.#on.chat?.({ text: cleanText(data.text), name: data.name });
        return;
      case "people":
        return this.#on.people?.(data);
    }
  }

  async #takeFiles() {
    try {
      for await (const channel of this.#conn.channels) {
        if (channel.label !== "file" || this.#transfers.size >= TRANSFERS) channel.close();
        else this.#receive(channel);
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
    const receiving = receiveFile(
      channel,
      ({ name, size }) => {
        transfer = new Transfer(this.name, name, size, false);
        transfer.signal.addEventListener("abort", () => stop.abort());
      },
      (received) => transfer.progress(received),
      stop.signal,
    );
    this.#track(receiving.then((file) => transfer.done(file), (err) => transfer?.failed(err)));
  }

  #track(transfer) {
    this.#transfers.add(transfer);
    transfer.finally(() => this.#transfers.delete(transfer));
  }

  async #tick() {
    if (document.hidden) return; // nobody looks, and a hidden page's timers lie
    if (this.alive && this.#ticks++ % PING_EVERY === 0) this.send("ping", performance.now());
    this.row.show(await this.#path.look());
  }
}
