// A guest's end of a room: a connection to the host, which forwards what the guests say to each other, and
// one to each guest that it exchanges more with.

import { call } from "./call.js";
import { chat } from "./chat.js";
import { Doors } from "./doors.js";
import { failure } from "./errors.js";
import { cleanID, cleanName } from "./format.js";
import { ANSWER, askHeir } from "./handover.js";
import { Member } from "./member.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";
import { explainStar, Person } from "./people.js";
import { Said } from "./said.js";
import { newID, Transcript } from "./transcript.js";
import { words } from "./words.js";

const PEOPLE = 200; // entries of the list that are read
const TAKE = 30_000; // milliseconds after the user's consent in which the host may give the room away

export class Guest {
  #dial;
  #host;
  #earlier = []; // ended connections to the host, while we don't know whether the next host is the same person
  #hostRow = new Person({ name: words.host, role: "roleHost", onfiles: (files) => (this.#earlier[0] ?? this.#host).sendFiles(files) });
  #others = new Map(); // by ID: a Member for each other guest
  #doors;
  #hostID = ""; // the host's, as a person
  #question = null; // the AbortController of the question whether the user wants to be the host
  #consent = { host: null, until: 0 }; // the host from which the user takes the room, for a time
  #inherit;
  #passes = false; // whether the host gives the room away, so that its departure does not end it
  #listed = false; // whether a list has come
  #transcript;
  #said = []; // what the user said: every Said
  #anchored; // whether this page knows an ID for `since`
  #tell = () => {};
  #left = false;

  /**
   * Gets a conn of the SDK, the room's ID, a function that dials again after the host has reloaded, the
   * ways to other guests (see Doors), and a function that goes on as the room's host.
   */
  constructor(conn, id, dial, ways, inherit) {
    this.#inherit = inherit;
    this.id = id;
    this.#dial = dial;
    this.#doors = new Doors(ways, (type, data) => this.#host.send(type, data), (person, conn) => this.#connected(person, conn));
    this.#transcript = new Transcript("guest", id, conn.id);
    this.#transcript.keep({ key: newID(), ...this.#transcript.kept });
    this.#anchored = this.#transcript.again;
    this.#doors.setID(this.#transcript.kept.id ?? "");
    this.#meet(conn);
  }

  /** Whether this tab was in the room before a reload. */
  get again() {
    return this.#transcript.again;
  }

  /** Calls tell(text) when the state of the connection changes. */
  watch(tell) {
    this.#tell = tell;
    this.#status();
  }

  #status() {
    const away = this.#host.state === "reconnecting";
    this.#tell(away ? words.reconnecting : words.youAreIn);
    this.#host.row.away(away ? "either" : ""); // the SDK does not say which of the two it is
  }

  /** Runs until the room is left; throws peer-gone when the host leaves, or the relay's error. */
  async run() {
    chat.restore(() => this.#transcript.entries.forEach((entry) => this.#show(entry)));
    for (;;) {
      this.#greet();
      try {
        await this.#host.run();
        if (this.#left) return;
        const { code } = await this.#host.closed;
        if (code === "restarted") this.#tell(words.hostReloaded);
        else if (code === "given-up") this.#tell(words.awayTooLong);
        else if (code === "peer-gone" && this.#passes) this.#tell(words.hostChanges);
        else break;
        await this.#return();
        if (this.#left) return;
      } catch (err) {
        this.#host.markLost(words.chatEndedWithRelay);
        this.#empty({ orphan: true });
        throw err;
      }
    }
    this.#host.close();
    this.#hostRow.remove();
    this.#empty({ orphan: true }); // what two guests do goes on without the host
    throw failure("peer-gone");
  }

  say(text) {
    const entry = { id: newID(), name: me.name, text, at: Date.now(), mine: true, shared: false, delivered: false };
    this.#transcript.add(entry);
    this.#send(this.#show(entry));
  }

  /** Asks the host to let the user into the call, or says that the user is not in it. */
  takePart(inside) {
    this.#host.send("call", inside);
  }

  /** Tells the host the user's new name. */
  renamed() {
    this.#host.send("name", me.name);
  }

  /** Leaves the room for its next host, who is this user: the transcript becomes the host's. */
  succeed(people) {
    this.#transcript.become("host", this.id, { id: this.#transcript.kept.id, people });
    this.leave();
  }

  leave() {
    this.#left = true;
    this.#host.close();
    this.#hostRow.remove();
    this.#doors.close();
    this.#empty();
  }

  #empty(how) {
    this.#question?.abort();
    for (const peer of this.#earlier.splice(0)) peer.close();
    for (const member of this.#others.values()) member.remove(how);
    explainStar(false);
  }

  #connected(id, conn) {
    const member = this.#others.get(id);
    if (member) member.meet(conn);
    else conn.close();
  }

  #meet(conn) {
    const host = new Peer(conn, this.#hostRow, {
      name: (name) => this.#hostRow.rename(name),
      chat: (message) => this.#hear(message),
      people: (list) => Array.isArray(list) && this.#list(list),
      mark: (id) => this.#anchor(id),
      inherit: (asked) => (asked ? this.#answer(host) : this.#question?.abort()),
      passes: (passes) => (this.#passes = passes),
      room: (given) => this.#consent.host === host && performance.now() < this.#consent.until && this.#take(given),
      call: (inside) => inside || call.refused(),
      knock: ({ from }) => this.#others.has(from) && this.#doors.takeKnock(from),
      answer: (answer) => this.#doors.takeAnswer(answer),
      who: () => this.#hostID || this.id,
      moved: () => this.#status(),
    }, this.#earlier.length > 0 ? "" : this.id);
    this.#host = host;
    this.#status();
    this.#transcript.move(conn.id);
  }

  // Sends the host our key, that we cannot be the host if so, whether we are in the call, our name, the last ID that we know, and messages that it may not have.
  // It ignores those that it has.
  #greet() {
    this.#host.send("key", this.#transcript.kept.key);
    if (!navigator.locks) this.#host.send("inherit", false); // the SDK cannot take up an identity
    this.takePart(call.inside);
    this.renamed();
    if (this.#anchored) this.#host.send("since", this.#transcript.last);
    for (const said of this.#said) if (!said.entry.delivered) this.#send(said);
  }

  /** Dials a host again that has no memory of our connection. */
  async #return() {
    this.#earlier.push(this.#host);
    this.#passes = this.#listed = false;
    const conn = await this.#dial();
    if (this.#left) return conn.close();
    this.#meet(conn);
    if (!this.#hostID) this.#settle(true); // a host that sends no list
  }

  /** Ends the earlier connections to the host. Files go on if the host is the same person. */
  #settle(same) {
    if (same) this.#host.identify(this.id);
    for (const peer of this.#earlier.splice(0)) peer.close();
    this.#host.identify(this.id);
  }

  #anchor(id) {
    if (this.#anchored) return;
    this.#anchored = true;
    this.#transcript.begin(id);
  }

  #hear({ id, text, name }) {
    if (id && this.#transcript.has(id)) return;
    const entry = { id: id || newID(), name: cleanName(name, words.guest), text, at: Date.now(), mine: false, shared: Boolean(id) };
    this.#transcript.add(entry);
    this.#show(entry);
  }

  #show(entry) {
    const mark = chat.say(entry);
    if (!entry.mine) return null;
    const said = new Said(entry, mark, () => this.#transcript.save());
    this.#said.push(said);
    return said;
  }

  #send(said) {
    const { id, text } = said.entry;
    said.sent("host", this.#host.send("chat", { id, text, name: me.name }));
  }

  // The host is the first of the list.
  #list(list) {
    const people = [...new Map(list.slice(0, PEOPLE).flatMap(person).map((each) => [each.id, each])).values()];
    const own = people.find(({ you }) => you);
    if (own) {
      this.#doors.setID(own.id);
      this.#transcript.keep({ id: own.id });
    }
    const [host] = people;
    if (host && this.#hostID && host.id !== this.#hostID) this.#succeeded(host);
    this.#settle(host?.id === this.#hostID);
    this.#hostID = host?.id ?? "";
    // The list that comes before the host knows us by our key may have us among the others.
    const others = people.slice(1).filter(({ id }) => id !== this.#transcript.kept.id);
    const came = others.filter(({ id }) => !this.#others.has(id));
    if (!this.#listed && came.length > 0) chat.note(words.alsoHere(came.map(({ name }) => name).join(", ")));
    for (const [id, member] of this.#others) {
      const now = others.find((other) => other.id === id);
      if (now) this.#rename(member, now.name);
      else this.#part(member);
    }
    for (const each of came) {
      this.#others.set(each.id, new Member(each, this.#doors));
      if (this.#listed) chat.note(words.joined(each.name));
    }
    explainStar(others.length > 0);
    this.#listed = true;
    call.update(people.map((each) => ({ ...each, reach: () => this.#reach(each.id) })));
  }

  /** Answers a host that asks whether the user wants to be the host. */
  async #answer(host) {
    if (!navigator.locks) return host.send("inherit", false);
    this.#question?.abort();
    const question = (this.#question = new AbortController());
    const late = setTimeout(() => question.abort(), ANSWER);
    const yes = await askHeir(host.name, question.signal);
    clearTimeout(late);
    if (question.signal.aborted) return;
    if (yes) this.#consent = { host, until: performance.now() + TAKE };
    host.send("inherit", yes);
  }

  /** The host gives the room away. */
  #take(given) {
    this.#consent.host = null;
    const { identity, people } = given ?? {};
    if (typeof identity !== "string" || !Array.isArray(people)) return;
    const others = people.slice(0, PEOPLE).flatMap((each) => person(each).map((clean) => ({ ...clean, key: cleanID(each.key) })));
    this.#inherit(this, identity, others);
  }

  /** A guest has become the host. */
  #succeeded({ id, name }) {
    chat.note(words.newHost(name));
    this.#others.get(id)?.remove();
    this.#others.delete(id);
  }

  /** Waits for a Peer of a person, who may be the host by now. */
  async #reach(id) {
    if (id !== this.#hostID) return this.#others.get(id).reach();
    if (this.#host.state === "closed") throw failure("closed");
    return this.#host;
  }

  #rename(member, name) {
    if (name === member.row.name) return;
    chat.note(words.renamed(member.row.name, name));
    member.row.rename(name);
  }

  #part(member) {
    chat.note(words.left(member.row.name));
    member.remove();
    this.#others.delete(member.id);
  }
}

/** An entry of the list of people, in an array: empty if it has not the form of one. */
function person(value) {
  const id = cleanID(value?.id);
  return id ? [{ id, name: cleanName(value.name, words.guest), you: value.you === true, door: value.door === true, call: value.call === true }] : [];
}
