// The host's end of a room: it listens, and everything between guests goes
// through it.

import { chat } from "./chat.js";
import { foldInvite, withdrawInvite } from "./invite.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";
import { Said } from "./said.js";
import { newID, Transcript } from "./transcript.js";
import { words } from "./words.js";

const RETURN = 5000; // milliseconds within which a guest must be back after a reload

export class Host {
  #listener;
  #guests = new Set(); // every Peer that is not closed
  #names = new Map(); // of the guests who are here and have sent their name
  #earlier; // names of guests who were here before a reload and are not back yet
  #transcript;
  #said = new Map(); // what the user said, by its ID: a Said
  #tell = () => {};
  #left = false;

  /** Gets a listener of the SDK. */
  constructor(listener) {
    this.#listener = listener;
    this.#transcript = new Transcript("host", listener.id, listener.id);
    this.#earlier = [...this.#transcript.people];
    listener.addEventListener("statechange", () => this.#status());
  }

  get id() {
    return this.#listener.id;
  }

  /** Whether this tab was host of the room before a reload. */
  get again() {
    return this.#transcript.again;
  }

  /** Calls tell(text) when the state of the connection changes. */
  watch(tell) {
    this.#tell = tell;
    this.#status();
  }

  /** Runs until the room is left; throws when the session with the relay ends. */
  async run() {
    chat.restore(() => this.#transcript.entries.forEach((entry) => this.#show(entry)));
    this.#transcript.save();
    try {
      for await (const conn of this.#listener) this.#attend(conn);
    } catch (err) {
      await this.#goOn();
      throw err;
    }
  }

  /** Talks on with the guests who have a direct path, until the last one is gone. No one else can join. */
  async #goOn() {
    withdrawInvite();
    const there = () => [...this.#guests].filter(({ state }) => state !== "closed");
    await delay(0); // those without a direct path end in this task
    if (there().length > 0) {
      this.#tell(words.closedToGuests);
      chat.note(words.relayClosedRoom);
    }
    while (there().length > 0) await Promise.all(there().map(({ closed }) => closed));
  }

  say(text) {
    const entry = { id: newID(), name: me.name, text, at: Date.now(), mine: true, shared: true };
    this.#share(entry, null);
  }

  /** Sends every guest the user's new name. */
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
      chat: (message) => this.#pass(guest, message),
      since: (id) => this.#again(guest, id),
      moved: () => this.#status(),
    });
    const others = this.#people(guest.id); // not its own earlier self
    this.#succeed(guest);
    this.#guests.add(guest);
    this.#status();
    foldInvite();
    guest.send("name", me.name);
    guest.send("people", others);
    guest.send("mark", this.#transcript.last);
    try {
      await guest.run();
      const { code } = await guest.closed;
      if (code === "restarted") await delay(RETURN);
      if (this.#guests.has(guest) && !this.#left) this.#goodbye(guest);
    } catch {
      // The session is over: run() says so once.
      guest.lost(words.chatEndedWithRelay);
    }
  }

  // A guest who reloads the page is the same person, and comes back at once.
  #succeed(guest) {
    for (const before of this.#guests) {
      if (before.id !== guest.id) continue;
      const name = this.#names.get(before);
      this.#names.delete(before);
      this.#guests.delete(before);
      before.close();
      if (!name) continue;
      this.#names.set(guest, name);
      guest.row.rename(name);
    }
  }

  /** Handles a guest's chat message. The name is the one known here, so guests cannot use each other's. */
  #pass(guest, { id, text }) {
    if (!this.#names.has(guest)) this.#introduce(guest, guest.name);
    if (id && this.#transcript.has(id)) return; // sent again, because the guest could not know
    const name = this.#names.get(guest);
    this.#share({ id: id || newID(), name, text, at: Date.now(), mine: false, shared: true }, guest);
  }

  #share(entry, except) {
    entry.alone = entry.mine && ![...this.#guests].some(({ state }) => state !== "closed");
    this.#transcript.add(entry);
    this.#show(entry);
    for (const guest of this.#guests) if (guest !== except) this.#send(guest, entry);
  }

  #show(entry) {
    const mark = chat.say(entry);
    if (entry.mine) this.#said.set(entry.id, new Said(entry, mark, () => this.#transcript.save()));
  }

  #send(guest, { id, name, text, mine }) {
    const sending = guest.send("chat", { id, text, name: mine ? me.name : name });
    this.#said.get(id)?.sent(guest.id, sending);
  }

  /** Sends a guest who was here before the entries that it missed. */
  #again(guest, id) {
    for (const entry of this.#transcript.after(id)) this.#send(guest, entry);
  }

  /** Gives a guest a unique name. */
  #introduce(guest, name) {
    const before = this.#names.get(guest);
    this.#names.delete(guest); // it may keep its own
    const taken = this.#people();
    let unique = name;
    for (let n = 2; taken.includes(unique); n++) unique = `${[...name].slice(0, 26).join("")} (${n})`;
    this.#names.set(guest, unique);
    guest.row.rename(unique);
    const back = this.#earlier.indexOf(unique);
    if (back >= 0) this.#earlier.splice(back, 1);
    if (!before && back < 0) chat.note(words.joined(unique));
    else if (before && before !== unique) chat.note(words.renamed(before, unique));
    this.#remember();
    this.#broadcast("people", this.#people());
  }

  #goodbye(guest) {
    if (this.#names.delete(guest)) {
      chat.note(words.left(guest.name));
      this.#remember();
      this.#broadcast("people", this.#people());
    }
    this.#guests.delete(guest);
    guest.close();
    this.#status();
  }

  #status() {
    if (this.#left || this.#listener.state === "closed") return; // the page says how it ended
    const guests = [...this.#guests];
    const away = guests.filter(({ state }) => state === "reconnecting");
    const relayAway = this.#listener.state === "reconnecting";
    for (const guest of this.#guests) guest.row.away(!away.includes(guest) ? "" : relayAway ? "relay" : "person");
    if (relayAway && guests.some(({ state }) => state === "connected")) this.#tell(words.relayAway);
    else if (relayAway) this.#tell(words.reconnecting);
    else if (away.length === 0) this.#tell(words.yourRoomIsOpen);
    else if (away.length === 1) this.#tell(words.personAway(away[0].name));
    else this.#tell(words.peopleAway(away.length));
  }

  /** Saves who is here, so that a reload does not take them for newcomers. */
  #remember() {
    this.#transcript.people = [...this.#names.values(), ...this.#earlier];
  }

  #people(except = "") {
    const names = [...this.#names].filter(([guest]) => guest.id !== except).map(([, name]) => name);
    return [me.name, ...names];
  }

  #broadcast(type, data) {
    for (const guest of this.#guests) guest.send(type, data);
  }
}

function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
