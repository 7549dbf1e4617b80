// A guest's end of a room: one connection, to the host, which passes on what the
// guests say to each other.

import { chat } from "./chat.js";
import { failure } from "./errors.js";
import { cleanName } from "./format.js";
import { me } from "./name.js";
import { Peer } from "./peer.js";
import { explainStar, Person } from "./people.js";

const PEOPLE = 200; // names that are shown

export class Guest {
  #host;
  #others = []; // rows of the other guests
  #called = ""; // what the host calls us
  #listed = false; // whether a list has come
  #left = false;

  /** Takes a conn of the SDK, and the room's ID. */
  constructor(conn, id) {
    this.id = id;
    this.#host = new Peer(conn, "host", {
      chat: ({ text, name }) => chat.say(cleanName(name, "Guest"), text),
      people: (names) => this.#show(names),
    });
    this.#host.row.rename("Host");
  }

  get busy() {
    return false;
  }

  /** Runs until the room is left; throws peer-gone when the host leaves, or the relay's error. */
  async run() {
    this.#host.send("name", me.name);
    try {
      await this.#host.run();
    } catch (err) {
      this.#host.row.lost("Chat has ended with the relay.");
      throw err;
    }
    if (!this.#left) {
      this.#host.finish();
      throw failure("peer-gone");
    }
  }

  say(text) {
    chat.say("You", text, true);
    this.#host.send("chat", { text, name: me.name });
  }

  /** Tells the host the user's new name. */
  renamed() {
    this.#host.send("name", me.name);
  }

  leave() {
    this.#left = true;
    this.#host.close();
    for (const row of this.#others) row.remove();
  }

  // The list names everybody, the host first. What is not the host and not we are
  // the others.
  #show(names) {
    if (!Array.isArray(names)) return;
    const others = names.slice(0, PEOPLE).map((name) => cleanName(name, "Guest"));
    remove(others, (name) => name === this.#host.name);
    this.#recognize(others);
    remove(others, (name) => name === this.#called);

    const before = this.#others.map((row) => row.name);
    for (const row of this.#others) row.remove();
    this.#others = others.map((name) => new Person({ name, role: "through the host" }));
    explainStar(others.length > 0);
    this.#tell(without(others, before), without(before, others));
    this.#listed = true;
  }

  // Finds out what the host calls us: it puts a number behind a name that somebody
  // else has too. The first list comes before the host knows us (CHAT.md); in a later
  // one ours is new.
  #recognize(names) {
    if (!this.#listed || names.includes(this.#called)) return;
    const before = this.#others.map((row) => row.name);
    const ours = (name) => name === me.name || name.replace(/ \(\d+\)$/, "") === me.name;
    this.#called = without(names, before).find(ours) ?? "";
  }

  #tell(came, went) {
    if (!this.#listed) {
      if (came.length > 0) chat.note(`Also here: ${came.join(", ")}`);
    } else if (came.length === 1 && went.length === 1) {
      chat.note(`${went[0]} is now called ${came[0]}`);
    } else {
      for (const name of came) chat.note(`${name} joined`);
      for (const name of went) chat.note(`${name} left`);
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
