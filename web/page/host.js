// The host's end of a room: it listens, and everything between guests goes
// through it.

import { call, MOST } from "./call.js";
import { chat } from "./chat.js";
import { failure } from "./errors.js";
import { looks } from "./format.js";
import { ANSWER } from "./handover.js";
import { foldInvite, withdrawInvite } from "./invite.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";
import { Person } from "./people.js";
import { Said } from "./said.js";
import { Seat } from "./seat.js";
import { newID, Transcript } from "./transcript.js";
import { words } from "./words.js";

const RETURN = 5000; // milliseconds within which a guest must be back after a reload
const RETURN_ALL = 15_000; // and after the host's, which they notice later
const PASS = 20_000; // milliseconds that a guest who accepts has to take the room over

export class Host {
  #listener;
  #me; // the host's ID as a person
  #calls = false; // whether the host is in the call
  #heir = null; // the next host, while it is asked: {peer, name, answer(yes), over()}
  #shown; // whether the page shows the transcript already
  #seats; // a Seat for each guest, in the order in which they came
  #transcript;
  #said = new Map(); // what the user said, by its ID: a Said
  #tell = () => {};
  #left = false;

  /** Gets a listener of the SDK; shown says that the page shows the transcript already. */
  constructor(listener, { shown = false } = {}) {
    this.#shown = shown;
    this.#listener = listener;
    this.#transcript = new Transcript("host", listener.id, listener.id);
    listener.addEventListener("statechange", () => this.#status());
    const { id = newID(), people = [] } = this.#transcript.kept;
    this.#me = id;
    this.#seats = people.map((person) => new Seat(person));
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
    if (!this.#shown) chat.restore(() => this.#transcript.entries.forEach((entry) => this.#show(entry)));
    this.#remember();
    setTimeout(() => this.#dismiss(), RETURN_ALL);
    try {
      for await (const conn of this.#listener) this.#attend(conn);
    } catch (err) {
      if (err.code === "replaced" && this.#heir?.over) {
        this.leave(); // a direct path would go on
        return this.#heir.over();
      }
      await this.#goOn();
      throw err;
    }
  }

  /** Forgets those who were here before a reload of this page and have not come back. */
  #dismiss() {
    if (this.#left || this.#listener.state === "closed") return;
    for (const seat of this.#seats.filter(({ peer }) => !peer)) this.#vacate(seat);
  }

  /** Talks on with the guests who have a direct path, until the last one is gone. No one else can join. */
  async #goOn() {
    withdrawInvite();
    const there = () => this.#guests().filter(({ state }) => state !== "closed");
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

  /** Lets the user into the call, or out of it. */
  takePart(inside) {
    if (inside && this.#isFull()) return call.refused();
    this.#calls = inside;
    this.#announce();
  }

  #letIn(seat, inside) {
    if (!seat) return;
    if (seat.call === inside) return seat.peer.send("people", this.#people(seat));
    if (inside && this.#isFull()) return seat.peer.send("call", false);
    seat.call = inside;
    if (seat.listed) this.#announce();
  }

  #isFull() {
    return this.#seats.filter((seat) => seat.call && seat.listed).length + this.#calls >= MOST;
  }

  /** Sends every guest the user's new name. */
  renamed() {
    for (const guest of this.#guests()) guest.send("name", me.name);
    for (const { peer, name } of this.#seats) if (peer && looks(name) === looks(me.name)) this.#introduce(peer, name);
    this.#announce();
  }

  /** The guests who can have the room, the one who came first before the others; none if this page cannot give it away. */
  get heirs() {
    if (!this.#listener.identity) return [];
    return this.#seats.filter(({ reachable, heir }) => reachable && heir).map(({ id, name }) => ({ id, name }));
  }

  /** The name of the guest who has the room now, once run has returned; or "". */
  get passedTo() {
    return this.#heir?.has ? this.#heir.name : "";
  }

  /**
   * Passes the room on to a guest who accepts it; throws, with a sentence, when that fails. The relay has one
   * listener of an ID at a time, so this page is the host until the guest is. The signal can stop it until commit is called.
   */
  async passTo(id, signal, commit) {
    const seat = this.#seats.find((each) => each.id === id);
    if (!seat?.reachable) throw failure("gone", words.heirGone);
    const { peer, name } = seat;
    const yes = await new Promise((resolve) => {
      this.#heir = { peer, name, has: false, answer: resolve };
      peer.closed.then(() => resolve(false));
      signal.addEventListener("abort", () => resolve(false));
      setTimeout(resolve, ANSWER, false);
      peer.send("inherit", true);
    });
    if (!yes) {
      this.#heir = null;
      peer.send("inherit", false);
      throw failure("declined", words.heirDeclined(name));
    }
    commit();
    const over = new Promise((resolve) => {
      this.#heir.over = () => resolve((this.#heir.has = true));
    });
    const people = this.#kept().filter((each) => each.id !== id);
    const tellAll = (passes) => this.#guests().forEach((guest) => guest.send("passes", passes));
    tellAll(true);
    peer.send("room", { identity: this.#listener.identity, people });
    const late = delay(PASS).then(() => false);
    if (await Promise.race([over, late])) return;
    tellAll(false);
    throw failure("late", words.heirLate(name));
  }

  leave() {
    this.#left = true;
    this.#listener.close();
    for (const seat of this.#seats.splice(0)) seat.empty();
  }

  async #attend(conn) {
    let seat = this.#seats.find(({ peer }) => peer?.id === conn.peerId);
    if (!seat) this.#seats.push((seat = new Seat({ id: newID() })));
    seat.row ??= new Person({ name: words.guest, onfiles: (files) => seat.peer.sendFiles(files) });
    let given = ""; // the name that the guest gave
    const guest = new Peer(conn, seat.row, {
      pace: () => this.#seatOf(guest)?.pace(),
      key: (key) => this.#recognize(guest, key),
      name: (name) => name !== given && this.#introduce(guest, (given = name)),
      chat: (message) => this.#pass(guest, message),
      since: (id) => this.#again(guest, id),
      inherit: (yes) => {
        if (this.#heir?.peer === guest) this.#heir.answer(yes);
        else if (given === "" && this.#seatOf(guest)) this.#seatOf(guest).heir = yes;
      },
      call: (inside) => this.#letIn(this.#seatOf(guest), inside),
      knock: ({ to }) => this.#forward(guest, "knock", to),
      answer: ({ to, door, token }) => this.#forward(guest, "answer", to, { door, token }),
      moved: () => this.#status(),
      who: () => this.#seatOf(guest)?.id,
    });
    seat.take(guest); // a guest who reloads the page is the same person, and comes back at once
    this.#status();
    foldInvite();
    guest.send("name", me.name);
    guest.send("people", this.#people(seat));
    guest.send("mark", this.#transcript.last);
    try {
      await guest.run();
      const { code } = await guest.closed;
      if (code === "restarted") await delay(RETURN);
      const last = this.#seatOf(guest);
      if (last && !this.#left) this.#vacate(last);
    } catch {
      // The session is over: run() says so once.
      guest.markLost(words.chatEndedWithRelay);
    }
  }

  #guests() {
    return this.#seats.flatMap(({ peer }) => peer ?? []);
  }

  /** The seat of a guest; undefined if it has another connection by now. */
  #seatOf(guest) {
    return this.#seats.find(({ peer }) => peer === guest);
  }

  /** A guest shows the key of a person: one who is here or was, or another one. */
  #recognize(guest, key) {
    const seat = this.#seatOf(guest);
    if (!seat || seat.key) return;
    const before = this.#seats.find((other) => other.key === key);
    seat.key = key;
    if (!before) return;
    [seat.id, seat.back, seat.call] = [before.id, true, before.call];
    if (before.name) seat.rename(before.name);
    before.empty();
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    this.#seats.splice(this.#seats.indexOf(before), 1, seat);
  }

  /** Passes on what guests say to each other to connect; the answer for a person who cannot be reached is without a door. */
  #forward(guest, type, to, further = {}) {
    const seat = this.#seatOf(guest);
    const other = this.#seats.find(({ id }) => id === to);
    if (seat?.reachable && other?.reachable && seat.mayForward()) other.peer.send(type, { from: seat.id, ...further });
    else if (type === "knock") guest.send("answer", { from: to });
  }

  /** Handles a guest's chat message. The name is the one known here, so guests cannot use each other's. */
  #pass(guest, { id, text }) {
    const seat = this.#seatOf(guest);
    if (!seat) return;
    if (!seat.name) this.#introduce(guest, guest.name);
    if (id && this.#transcript.has(id)) return; // sent again, because the guest could not know
    const { name } = seat;
    this.#share({ id: id || newID(), name, text, at: Date.now(), mine: false, shared: true }, guest);
  }

  #share(entry, except) {
    entry.alone = entry.mine && !this.#guests().some(({ state }) => state !== "closed");
    this.#transcript.add(entry);
    this.#show(entry);
    for (const guest of this.#guests()) if (guest !== except) this.#send(guest, entry);
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
    const seat = this.#seatOf(guest);
    if (!seat) return;
    const before = seat.name;
    if (!seat.listed && seat.call && this.#isFull()) {
      seat.call = false;
      guest.send("call", false);
    }
    const taken = [me, ...this.#seats.filter((other) => other !== seat && other.listed)].map((other) => looks(other.name));
    let unique = name;
    for (let n = 2; taken.includes(looks(unique)); n++) unique = `${[...name].slice(0, 26).join("")} (${n})`;
    // A program without a key is known by its name after a reload of this page.
    const earlier = this.#seats.findIndex((other) => other.name === unique && !other.key && !other.peer);
    if (earlier >= 0) this.#seats.splice(earlier, 1);
    seat.rename(unique);
    if (!before && !seat.back && earlier < 0) chat.note(words.joined(unique));
    else if (before && before !== unique) chat.note(words.renamed(before, unique));
    this.#announce();
  }

  #vacate(seat) {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    seat.empty();
    if (seat.listed) chat.note(words.left(seat.name));
    this.#announce();
    this.#status();
  }

  #status() {
    if (this.#left || this.#listener.state === "closed") return; // the page says how it ended
    const guests = this.#guests();
    const away = guests.filter(({ state }) => state === "reconnecting");
    const relayAway = this.#listener.state === "reconnecting";
    for (const guest of guests) guest.row.away(!away.includes(guest) ? "" : relayAway ? "relay" : "person");
    if (relayAway && guests.some(({ state }) => state === "connected")) this.#tell(words.relayAway);
    else if (relayAway) this.#tell(words.reconnecting);
    else if (away.length === 0) this.#tell(words.yourRoomIsOpen);
    else if (away.length === 1) this.#tell(words.personAway(away[0].name));
    else this.#tell(words.peopleAway(away.length));
  }

  /** Saves who is here, so that a reload does not take them for newcomers. */
  #remember() {
    this.#transcript.keep({ id: this.#me, people: this.#kept() });
  }

  #kept() {
    return this.#seats.filter(({ name }) => name).map(({ id, key, name, call }) => ({ id, key, name, call }));
  }

  /** The list of people for the guest on a seat (CHAT.md). */
  #people(seat) {
    const flags = (you, door, call) => ({ ...(you && { you }), ...(door && { door }), ...(call && { call }) });
    const entry = (other) => ({ id: other.id, name: other.name, ...flags(other === seat, other.key !== "", other.call) });
    return [{ id: this.#me, name: me.name, ...flags(false, false, this.#calls) }, ...this.#seats.filter(({ listed }) => listed).map(entry)];
  }

  /** Tells every guest who is here. */
  #announce() {
    if (this.#left) return;
    this.#remember();
    for (const seat of this.#seats) seat.peer?.send("people", this.#people(seat));
    const reach = async (id) => this.#seats.find((seat) => seat.id === id).connected();
    call.update(this.#people(null).map((each, n) => ({ ...each, you: n === 0, reach: () => reach(each.id) })));
  }
}

function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
