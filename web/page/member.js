// Another guest, as a guest sees it: a row, and a connection of the two once one of them needs it.

import { chat } from "./chat.js";
import { Peer } from "./peer.js";
import { Person } from "./people.js";
import { words } from "./words.js";

const AGAIN = [0, 1000, 5000, 15_000]; // milliseconds before each attempt to replace a connection that has ended

export class Member {
  #doors;
  #peer = null; // over the latest connection
  #stays = true; // whether this person is in the room

  /** Takes an entry of the list of people, and the Doors. */
  constructor({ id, name, door }, doors) {
    this.id = id;
    this.#doors = doors;
    this.row = new Person({ name, onfiles: door ? (files) => this.#send(files) : null });
    this.row.apart(words.throughHost);
  }

  /** The Peer, or null while there is no connection. */
  get peer() {
    return this.#peer;
  }

  get connected() {
    return this.#peer !== null && this.#peer.state !== "closed";
  }

  /** Waits for a Peer that is connected. */
  async reach() {
    if (!this.connected) {
      if (!this.#peer) this.row.apart(words.connecting);
      await this.#doors.connect(this.id).catch((err) => {
        if (!this.#peer) this.row.apart(words.throughHost);
        throw err;
      });
    }
    return this.#peer;
  }

  /** Goes on over a new connection. */
  meet(conn) {
    const before = this.#peer;
    this.#peer = new Peer(conn, this.row, { moved: () => this.#status() }, this.id);
    before?.close();
    this.#status();
    this.#run(this.#peer);
  }

  /** This person has left the room, or the room has ended: a connection that stands may go on to its end. */
  remove({ orphan = false } = {}) {
    this.#stays = false;
    if (orphan && this.connected) return;
    this.#peer?.close();
    this.row.remove();
  }

  async #run(peer) {
    await peer.run().catch(() => {}); // its end says the same
    await peer.closed;
    for (const pause of AGAIN) {
      if (this.#peer !== peer || !this.#stays) break;
      this.row.away("person");
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.#peer === peer && this.#stays) await this.#doors.connect(this.id).catch(() => {});
    }
    if (this.#peer !== peer) return;
    peer.close();
    this.#peer = null;
    this.row.away("");
    this.row.apart(words.throughHost);
    if (!this.#stays) this.row.remove();
  }

  async #send(files) {
    try {
      (await this.reach()).sendFiles(files);
    } catch {
      chat.note(words.notReached(this.row.name, files.map(({ name }) => name).slice(0, 5).join(", ")));
    }
  }

  #status() {
    this.row.away(this.#peer.state === "reconnecting" ? "person" : "");
  }
}
