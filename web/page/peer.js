// One connection to another person: its messages, its files, and what connects the two. Its files may outlive it.

import { failure } from "./errors.js";
import { filesOver } from "./files.js";
import { cleanID, cleanName, cleanRoom, cleanText } from "./format.js";
import { Path } from "./path.js";
import { words } from "./words.js";

const TICK = 1000; // milliseconds between two looks at the path
const PING_EVERY = 3; // ticks
const PENDING = 500; // messages that wait because the peer does not read; more are dropped

/** Dispatches "media" when the media of the other side have changed. */
export class Peer extends EventTarget {
  #conn;
  #on;
  #path;
  #files = null;
  #ticks = 0;
  #pending = 0; // messages that are not accepted yet
  #timer = 0;
  media = {}; // by kind: the mid of what the other side sends in a call

  /**
   * Takes a conn of the SDK, and the person's row in the list. on has a function for each type of message that the
   * room cares for, called with the message's data; moved() for when messages begin to wait, or to go
   * again; pace(), which is awaited before a message that goes to others is taken; and who() for the person's ID in the
   * room, if it is not the last argument. Files go on with the next connection to the same person: the ID of one, or of
   * a peer; "" if that is not known yet.
   */
  constructor(conn, row, on, person = conn.peerId) {
    super();
    this.#conn = conn;
    this.#on = on;
    this.#path = new Path(conn);
    this.row = row;
    if (person) this.identify(person);
    conn.addEventListener("away", () => on.moved?.());
    conn.addEventListener("back", () => on.moved?.());
  }

  get id() {
    return this.#conn.peerId;
  }

  get conn() {
    return this.#conn;
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
    this.#closeChannels();
    for await (const { type, data } of this.#conn) {
      if (["name", "call", "chat"].includes(type)) await this.#on.pace?.();
      this.#take(type, data);
    }
  }

  /** Sends a message and returns the promise of its receipt. A peer that has just left is not an error. */
  send(type, data) {
    const sending = this.#pending < PENDING ? this.#hand({ type, data }) : Promise.reject(failure("too-slow"));
    sending.catch(() => {}); // run() ends with the reason
    return sending;
  }

  /** Files of this person go on over this connection. Before, it takes none. */
  identify(person) {
    this.#files ??= filesOver(this.#conn, () => this.name, person, () => this.#on.who?.() ?? person);
  }

  sendFiles(files) {
    this.#files.send(files);
  }

  async #hand(message) {
    this.#pending++;
    try {
      return await this.#conn.send(message);
    } finally {
      this.#pending--;
    }
  }

  /** Says in the row that nothing reaches the peer any more. */
  markLost(text) {
    this.#files?.end(this.#conn);
    this.row.showLost(text);
  }

  close() {
    clearInterval(this.#timer);
    this.#files?.end(this.#conn);
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
        return this.#on.name?.(cleanName(data, words.guest));
      case "chat":
        if (typeof data?.text !== "string") return;
        return this.#on.chat?.({ id: cleanID(data.id), text: cleanText(data.text), name: data.name });
      case "people":
        return this.#on.people?.(data);
      case "mark":
        return cleanID(data) && this.#on.mark?.(data);
      case "key":
        return cleanID(data) && this.#on.key?.(data);
      case "call":
        return this.#on.call?.(data === true);
      case "media":
        for (const kind of ["microphone", "camera", "screen"]) this.media[kind] = cleanID(data?.[kind]);
        return this.dispatchEvent(new Event("media"));
      case "inherit":
        return this.#on.inherit?.(data === true);
      case "passes":
        return this.#on.passes?.(data === true);
      case "room":
        return this.#on.room?.(data);
      case "knock":
        return this.#on.knock?.({ to: cleanID(data?.to), from: cleanID(data?.from) });
      case "answer":
        return this.#on.answer?.({ to: cleanID(data?.to), from: cleanID(data?.from), door: cleanRoom(data?.door), token: cleanID(data?.token) });
      case "resume":
        return this.#files?.resume(data);
      case "since": // answered only once, because the answer is expensive
        if (cleanID(data)) this.#on.since?.(data);
        this.#on.since = null;
        return;
    }
  }

  // Nothing here is sent over data channels.
  async #closeChannels() {
    try {
      for await (const channel of this.#conn.channels) channel.close();
    } catch {
      // run() says what happened
    }
  }

  async #tick() {
    if (document.hidden) return; // the page is not visible, and a hidden page's timers are inexact
    if (this.state === "connected" && this.#ticks++ % PING_EVERY === 0) {
      this.#path.asked();
      this.send("ping", performance.now());
    }
    const path = await this.#path.look();
    if (this.state !== "closed") this.row.show(path);
  }
}
