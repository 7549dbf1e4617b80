// A guest's end of a room: one connection, to the host, which forwards what the
// guests say to each other.

import { chat } from "./chat.js";
import { failure } from "./errors.js";
import { cleanName } from "./format.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";
import { explainStar, Person } from "./people.js";
import { Said } from "./said.js";
import { newID, Transcript } from "./transcript.js";
import { words } from "./words.js";

const PEOPLE = 200; // names that are shown

export class Guest {
  #dial;
  #host;
  #others = []; // rows of the other guests
  #named = new Set(); // every name that this user has had
  #called = ""; // what the host calls us
  #listed = false; // whether a list has come
  #transcript;
  #said = []; // what the user said: every Said
  #anchored; // whether this page knows an ID for `since`
  #tell = () => {};
  #left = false;

  /** Gets a conn of the SDK, the room's ID, and a function that dials again after the host has reloaded. */
  constructor(conn, id, dial) {
    this.id = id;
    this.#dial = dial;
    this.#transcript = new Transcript("guest", id, conn.id);
    this.#anchored = this.#transcript.again;
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
      } catch (err) {
        this.#host.lost(words.chatEndedWithRelay);
        this.#empty();
        throw err;
      }
      if (this.#left) return;
      const { code } = await this.#host.closed;
      if (code === "restarted") this.#tell(words.hostReloaded);
      else if (code === "given-up") this.#tell(words.awayTooLong);
      else break;
      await this.#return();
    }
    this.#host.close();
    this.#empty();
    throw failure("peer-gone");
  }

  say(text) {
    const entry = { id: newID(), name: me.name, text, at: Date.now(), mine: true, shared: false, delivered: false };
    this.#transcript.add(entry);
    this.#send(this.#show(entry));
  }

  /** Tells the host the user's new name. */
  renamed() {
    this.#named.add(me.name);
    this.#host.send("name", me.name);
  }

  leave() {
    this.#left = true;
    this.#host.close();
    this.#empty();
  }

  #empty() {
    for (const row of this.#others) row.remove();
    this.#others = [];
    explainStar(false);
  }

  #meet(conn) {
    this.#host = new Peer(conn, words.roleHost, {
      chat: (message) => this.#hear(message),
      people: (names) => this.#list(names),
      mark: (id) => this.#anchor(id),
      moved: () => this.#status(),
    });
    this.#status();
    this.#host.row.rename(words.host);
    this.#transcript.move(conn.id);
  }

  // Sends the host our name, the last ID that we know, and messages that it may not have.
  // It ignores those that it has.
  #greet() {
    this.renamed();
    if (this.#anchored) this.#host.send("since", this.#transcript.last);
    for (const said of this.#said) if (!said.entry.delivered) this.#send(said);
  }

  /** Dials a host again that has no memory of our connection. */
  async #return() {
    const before = this.#host;
    this.#listed = false;
    this.#called = "";
    try {
      const conn = await this.#dial();
      if (this.#left) return conn.close();
      this.#meet(conn);
    } finally {
      before.close(); // files go on if there is another connection
    }
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

  // The list has every name, the host's first. All but the host's and ours are
  // the others.
  #list(names) {
    if (!Array.isArray(names)) return;
    const others = names.slice(0, PEOPLE).map((name) => cleanName(name, words.guest));
    remove(others, (name) => name === this.#host.name);
    this.#recognize(others);
    remove(others, (name) => name === this.#called);

    const before = this.#others.map((row) => row.name);
    for (const row of this.#others) row.remove();
    this.#others = others.map((name) => new Person({ name, role: words.throughHost }));
    explainStar(others.length > 0);
    this.#note(without(others, before), without(before, others));
    this.#listed = true;
  }

  // Finds out the name that the host uses for us: it adds a number to a name that
  // another person has, too. The first list comes before the host knows our name (CHAT.md). In a later
  // one ours is new.
  #recognize(names) {
    if (!this.#listed || names.includes(this.#called)) return;
    const before = this.#others.map((row) => row.name);
    const ours = (name) => this.#named.has(name) || this.#named.has(name.replace(/ \(\d+\)$/, ""));
    this.#called = without(names, before).find(ours) ?? "";
  }

  #note(came, went) {
    if (!this.#listed) {
      if (came.length > 0) chat.note(words.alsoHere(came.join(", ")));
    } else if (came.length === 1 && went.length === 1) {
      chat.note(words.renamed(went[0], came[0]));
    } else {
      for (const name of came) chat.note(words.joined(name));
      for (const name of went) chat.note(words.left(name));
    }
  }
}

function remove(list, matches) {
  const at = list.findIndex(matches);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** The names that are more often in one list than in the other. */
function without(names, others) {
  const rest = [...others];
  return names.filter((name) => !remove(rest, (other) => other === name));
}
