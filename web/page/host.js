// The host's end of a room: it listens, and everything between guests goes
// through it.

import { chat } from "./chat.js";
import { foldInvite } from "./invite.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";

export class Host {
  #listener;
  #guests = new Set(); // every Peer that is not closed
  #names = new Map(); // of the guests who are here and have said theirs
  #left = false;

  /** Takes a listener of the SDK. */
  constructor(listener) {
    this.#listener = listener;
  }

  get id() {
    return this.#listener.id;
  }

  /** Whether leaving would leave somebody behind. */
  get busy() {
    return this.#names.size > 0;
  }

  /** Runs until the room is left; throws when the relay is lost. */
  async run() {
    for await (const conn of this.#listener) this.#attend(conn);
  }

  say(text) {
    chat.say("You", text, true);
    this.#broadcast("chat", { text, name: me.name });
  }

  /** Tells everybody the user's new name. */
  renamed() {
    this.#broadcast("name", me.name);
    this.#broadcast("people", this.#people());
  }

  leave() {
    this.#left = true;
    this.#listener.close();
    for (const guest of this.#guests) guest.close();
  }

  async #attend(conn) {
    const guest = new Peer(conn, "", {
      name: (name) => this.#introduce(guest, name),
      // Guests cannot speak for each other: the name is the one known here.
      chat: ({ text }) => {
        if (!this.#names.has(guest)) this.#introduce(guest, guest.name);
        chat.say(guest.name, text);
        this.#broadcast("chat", { text, name: guest.name }, guest);
      },
    });
    this.#guests.add(guest);
    foldInvite();
    guest.send("name", me.name);
    guest.send("people", this.#people());
    try {
      await guest.run();
      if (!this.#left) await this.#goodbye(guest);
    } catch {
      // The relay is lost: run() says so once, and files under way go on.
      guest.row.lost("Chat has ended with the relay.");
    }
  }

  /** Gives a guest a name that nobody else here has. */
  #introduce(guest, name) {
    const before = this.#names.get(guest);
    this.#names.delete(guest); // it may keep its own
    const taken = this.#people();
    let unique = name;
    for (let n = 2; taken.includes(unique); n++) unique = `${[...name].slice(0, 26).join("")} (${n})`;
    this.#names.set(guest, unique);
    guest.row.rename(unique);
    if (!before) chat.note(`${unique} joined`);
    else if (before !== unique) chat.note(`${before} is now called ${unique}`);
    this.#broadcast("people", this.#people());
  }

  /** Keeps the connection of a guest who left until no file is under way on it. */
  async #goodbye(guest) {
    if (this.#names.delete(guest)) {
      chat.note(`${guest.name} left`);
      this.#broadcast("people", this.#people());
    }
    guest.row.lost("Has left.");
    await guest.finish();
    this.#guests.delete(guest);
  }

  #people() {
    return [me.name, ...this.#names.values()];
  }

  #broadcast(type, data, except) {
    for (const guest of this.#guests) if (guest !== except) guest.send(type, data);
  }
}
