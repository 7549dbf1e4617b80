// The connections that guests have to each other (CHAT.md). A guest that another one wants to reach opens a room of
// its own, its door. Through the host it says where the door is, with a token that admits that one person.

import { failure } from "./errors.js";
import { newID } from "./transcript.js";

const WAIT = 30_000; // milliseconds that a connection may take to be made, and for which a token is good
const FIRST = 10_000; // milliseconds that a newcomer has to show its token
const NEWCOMERS = 16; // at the door at once; one more sends the oldest away

export class Doors {
  #way; // {listen(), dial(door, signal)}: the SDK's at the room's relay
  #tell; // sends a message to the host
  #arrive; // called with a person's ID and the connection to it
  #me = ""; // this person's own ID
  #door = null; // a promise of the listener, once it is needed
  #wishes = new Map(); // by person: the connection that is wanted
  #tokens = new Map(); // by person: {token, late}, what admits them and the timer of its end
  #newcomers = new Set(); // connections
  #stop = new AbortController();

  constructor(way, tell, arrive) {
    [this.#way, this.#tell, this.#arrive] = [way, tell, arrive];
  }

  /** The host has told this person's ID. */
  setID(id) {
    this.#me = id;
  }

  /** Waits until there is a connection to a person. The other side may be the one that makes it. */
  connect(id) {
    if (!this.#wishes.has(id)) this.#wish(id);
    return this.#wishes.get(id).made;
  }

  #wish(id) {
    const wish = { stop: new AbortController(), knocked: !this.#tokens.has(id), dialled: false };
    wish.made = new Promise((resolve, reject) => Object.assign(wish, { resolve, reject }));
    wish.late = setTimeout(() => this.#fail(id, failure("no-answer")), WAIT);
    this.#wishes.set(id, wish);
    if (wish.knocked) this.#tell("knock", { to: id }); // else the other one is on its way
  }

  /** A person of this room wants a connection. Of two that knock on each other, the one with the smaller ID dials. */
  async takeKnock(from) {
    if (this.#wishes.get(from)?.knocked && this.#me < from) return;
    this.#end(from);
    const token = newID();
    this.#tokens.set(from, { token, late: setTimeout(() => this.#tokens.delete(from), WAIT) });
    try {
      const { id } = await (this.#door ??= this.#open());
      this.#tell("answer", { to: from, door: id, token });
    } catch {
      this.#end(from);
      this.#tell("answer", { to: from }); // the relay lets this page open no room
    }
  }

  /** The host says where the door of a person is. */
  async takeAnswer({ from, door, token }) {
    const wish = this.#wishes.get(from);
    if (!wish || wish.dialled) return;
    wish.dialled = true;
    try {
      if (!door) throw failure("no-door");
      const conn = await this.#way.dial(door, wish.stop.signal);
      if (this.#wishes.get(from) !== wish) return conn.close();
      conn.send({ type: "enter", data: token }).catch(() => {}); // the end of the connection says why
      this.#made(from, conn);
    } catch (err) {
      if (this.#wishes.get(from) === wish) this.#fail(from, err);
    }
  }

  /** Closes the door, and the connections of those who came through it. */
  async close() {
    this.#stop.abort();
    for (const id of this.#wishes.keys()) this.#fail(id, failure("closed"));
    (await this.#door?.catch(() => null))?.close();
  }

  async #open() {
    try {
      const listener = await this.#way.listen(this.#stop.signal);
      if (this.#stop.signal.aborted) listener.close();
      listener.closed.then(() => (this.#door = null));
      this.#welcome(listener);
      return listener;
    } catch (err) {
      this.#door = null; // the next one who knocks may have more luck
      throw err;
    }
  }

  async #welcome(listener) {
    try {
      for await (const conn of listener) this.#admit(conn);
    } catch {
      // The session with the relay is over; a person who knocks makes this page open another door.
    }
  }

  async #admit(conn) {
    const [oldest] = this.#newcomers;
    if (this.#newcomers.size >= NEWCOMERS && this.#newcomers.delete(oldest)) oldest.close();
    this.#newcomers.add(conn);
    const late = setTimeout(() => conn.close(), FIRST);
    const { value } = await conn[Symbol.asyncIterator]().next().catch(() => ({}));
    clearTimeout(late);
    this.#newcomers.delete(conn);
    const [id] = [...this.#tokens].find(([, { token }]) => value?.type === "enter" && value.data === token) ?? [];
    if (!id) return conn.close();
    this.#end(id);
    this.#made(id, conn);
  }

  /** Ends a person's token. */
  #end(id) {
    clearTimeout(this.#tokens.get(id)?.late);
    this.#tokens.delete(id);
  }

  #made(id, conn) {
    this.#over(id)?.resolve(conn);
    this.#arrive(id, conn);
  }

  #fail(id, why) {
    const wish = this.#over(id);
    wish.made.catch(() => {}); // it may be wanted by no one any more
    wish.reject(why);
    wish.stop.abort();
  }

  #over(id) {
    const wish = this.#wishes.get(id);
    clearTimeout(wish?.late);
    this.#wishes.delete(id);
    return wish;
  }
}
