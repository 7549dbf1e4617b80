// The files between this page and one other peer, over all connections to it: what fails with
// one connection goes on with the next.

import { chat } from "./chat.js";
import { leftovers, newDiskStore } from "./disk.js";
import { failure } from "./errors.js";
import { MemoryStore } from "./memory.js";
import { Pace } from "./pace.js";
import { fileOf, keep, Part, showKept } from "./part.js";
import { pickFile, pickFolder, picksFiles, picksFolders } from "./place.js";
import { receiveFile, refuse } from "./receive.js";
import { offerOf, sendFile } from "./send.js";
import { Sets } from "./sets.js";
import { ANY, capacity, Shelf } from "./shelf.js";
import { newID } from "./transcript.js";
import { ANSWER, Transfer } from "./transfer.js";
import { locale, words } from "./words.js";

const TAKEN = 16; // files received at once from one peer
const SENT = 4; // files sent at once to one peer; more wait for their turn

const DEAF = 60_000; // milliseconds for which a person is not heard who was declined twice in a row

const ENDS = ["peer-gone", "restarted", "given-up", "closed"]; // errors after which another connection may come

const people = new Map(); // by the ID that filesOver got

let restored = Promise.resolve(); // until what came before a reload is shown
let finding = Promise.resolve();
const found = []; // what came then, and is not shown yet

/**
 * Returns the Files of the person at the other end of this connection, which is the latest one from now on. name() and who() are that
 * person's name and ID in the room.
 */
export function filesOver(conn, name, person, who) {
  const files = people.get(person) ?? new Files(person);
  people.set(person, files);
  files.follow(conn, name, who);
  return files;
}

/** Looks for files, and parts of files, that came before this page was loaded. Returns how many there are. */
export function findFiles() {
  finding = finding.then(leftovers).then((more) => found.push(...more), () => {}); // storage that cannot be read has nothing to show
  return finding.then(() => found.length);
}

/** Shows them. */
export function restoreFiles() {
  restored = restore();
}

async function restore() {
  showKept(); // what came in another room
  await findFiles();
  const left = [];
  for (const it of found.splice(0)) {
    const { store, about, size } = it;
    try {
      const part = new Part(store, size);
      part.move(new Shelf(about.person), about.size, ANY); // the disk has it already
      const file = about.whole && fileOf(await store.file(), about.name, about.modified);
      const transfer = new Transfer(about.name, about.size);
      transfer.start(about.from, false, null, new Date(about.at));
      if (file) transfer.restore(file, part, about.saved);
      else transfer.restorePart(size, keep(about.key, about.person, part, transfer));
    } catch {
      left.push(it); // as many are shown as the shelf holds, the others later
    }
  }
  found.push(...left);
}

class Files {
  #person;
  #shelf;
  #conn; // the latest
  #name; // a function
  #who; // a function
  #over = false; // whether no other connection comes
  #wakes = []; // the functions that wake who waits for another connection
  #incoming = 0;
  #outgoing = 0; // files being sent
  #waiting = []; // files that wait for their turn: {file, batch, transfer}, without a transfer if they have no entry yet
  #rest = null; // the entry of those
  #sets = new Sets();
  #trust = ""; // "once" after the user has accepted something from this person, then "always" if the user wants that
  #declined = 0; // questions of this person, in a row
  #deaf = 0; // until when there are no more
  #paused = new Map(); // what this person has paused, by its offer: {go, transfer}

  constructor(person) {
    this.#person = person;
    this.#shelf = new Shelf(person);
  }

  follow(conn, name, who) {
    [this.#conn, this.#name, this.#who] = [conn, name, who];
    this.#wake();
    this.#take(conn);
  }

  /** Says that no other connection follows this one. */
  end(conn) {
    if (conn !== this.#conn) return;
    people.delete(this.#person);
    this.#over = true;
    for (const { transfer } of this.#paused.values()) transfer.failed(failure("peer-gone"));
    this.#paused.clear();
    this.#giveUp(() => true, failure("peer-gone"));
    this.#wake();
  }

  /** Sends files that the user has chosen together. */
  send(files) {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const batch = { of: files.length > 1 || files[0].folder ? { id: newID(), files: files.length, size } : undefined, refused: null };
    for (const file of files) this.#waiting.push({ file, batch });
    this.#next();
  }

  /** The other side asks for a file that it has paused. */
  resume(offer) {
    const key = keyOf(offer);
    const it = this.#paused.get(key);
    this.#paused.delete(key);
    it?.go();
  }

  /** Sends what waits, as much as may be sent at once. The rest has one entry. */
  #next() {
    while (this.#outgoing < SENT && this.#waiting.length > 0) {
      this.#outgoing++;
      this.#send(this.#waiting.shift()).then(() => {
        this.#outgoing--;
        this.#next();
      });
    }
    const rest = this.#waiting.filter(({ transfer }) => !transfer);
    if (rest.length === 0) {
      this.#rest?.hide();
      this.#rest = null;
      return;
    }
    if (!this.#rest) {
      this.#rest = this.#begin(new Transfer("", 0));
      this.#rest.signal.addEventListener("abort", () => this.#giveUp(() => true, failure("cancelled")));
    }
    this.#rest.queue(nameOf(rest), sizeOf(rest));
  }

  /** Gives up those that wait without an entry of their own, and says so in one entry. */
  #giveUp(which, err) {
    const some = new Set(this.#waiting.filter((it) => !it.transfer && which(it)));
    if (some.size === 0) return;
    this.#waiting = this.#waiting.filter((it) => !some.has(it));
    this.#begin(new Transfer(nameOf([...some]), sizeOf([...some]))).failed(err);
    this.#next();
  }

  /** Sends a file that was paused. */
  #resume(file, batch, transfer) {
    const it = { file, batch, transfer: this.#begin(transfer) };
    transfer.waits(words.waitsForTurn);
    this.#waiting.push(it);
    transfer.signal.addEventListener("abort", () => {
      const at = this.#waiting.indexOf(it);
      if (at >= 0) this.#send(...this.#waiting.splice(at, 1));
    });
    this.#next();
  }

  #begin(transfer) {
    transfer.start(this.#name(), true, () => this.#way());
    return transfer;
  }

  async #send({ file, batch, transfer = this.#begin(new Transfer(file.name, file.size)) }) {
    const { signal } = transfer;
    const cancelled = new Promise((resolve) => signal.addEventListener("abort", resolve));
    transfer.runs();
    for (;;) {
      const conn = this.#conn;
      try {
        signal.throwIfAborted();
        if (batch.refused) throw batch.refused;
        transfer.waits(words.waitsForAnswer);
        await sendFile(conn, file, batch.of, transfer);
        return transfer.done();
      } catch (err) {
        if (err.all) {
          batch.refused = err;
          this.#giveUp((it) => it.batch === batch, err);
        }
        if (err.code === "paused") return this.#pause(file, batch, transfer, err);
        if (!ENDS.includes(err.code)) return transfer.failed(err);
        transfer.waits(words.waitsForPerson(this.#name()));
        while (this.#conn === conn && !this.#over && !signal.aborted) {
          await Promise.race([cancelled, new Promise((resolve) => this.#wakes.push(resolve))]);
        }
        if (!signal.aborted && this.#conn === conn) return transfer.failed(failure("peer-gone")); // for good, however it ended
      }
    }
  }

  /** Keeps what is needed to send a file from where it was paused. */
  #pause(file, batch, transfer, err) {
    if (this.#over) return transfer.failed(failure("peer-gone"));
    const go = () => this.#resume(file, batch, transfer);
    const key = keyOf(offerOf(file));
    if (!transfer.signal.aborted) this.#paused.set(key, { go, transfer });
    transfer.failed(err, () => this.#paused.delete(key), go);
  }

  async #take(conn) {
    const streams = conn.incomingBidirectionalStreams.getReader();
    try {
      for (let stream; (stream = (await streams.read()).value); ) {
        if (stream.name === "file" && this.#incoming < TAKEN) {
          this.#receive(stream);
          continue;
        }
        const why = stream.name === "file" ? words.refusals.manyAtOnce(TAKEN) : words.refusals.filesOnly;
        refuse(stream.writable.getWriter(), failure("too-large", why));
        stream.readable.cancel().catch(() => {});
      }
    } catch {
      // The room, and the transfers under way, say what happened.
    }
  }

  async #receive(stream) {
    this.#incoming++;
    const stop = new AbortController();
    const unnamed = new Pace(() => unnamed.stalled && stop.abort(unnamed.stalled)); // until it is offered
    const follow = (transfer) => {
      const { signal } = transfer;
      signal.addEventListener("abort", () => stop.abort(signal.reason));
      if (signal.aborted) stop.abort(signal.reason);
      transfer.runs();
    };
    const desk = {
      shelf: this.#shelf,
      name: () => this.#name(),
      person: () => this.#who(),
      decide: async (offer, waiting, gone) => {
        unnamed.end();
        const decided = await this.#decide(offer, waiting, gone);
        follow(decided.transfer);
        return decided;
      },
      goesOn: async (transfer, durable) => {
        unnamed.end();
        this.#show(transfer);
        follow(transfer);
        return capacity(durable);
      },
      resume: (said) => this.#conn.send({ type: "resume", data: said }).catch(() => {}),
    };
    await restored;
    await receiveFile(stream, desk, stop.signal);
    unnamed.end();
    this.#incoming--;
  }

  #show(transfer) {
    transfer.start(this.#name(), false, () => this.#way());
    return transfer;
  }

  /** Asks the user about an offered file, or about its set once. Returns {transfer, store, most}. */
  async #decide(offer, waiting, gone) {
    const { of, name, size } = offer;
    const most = await capacity(true);
    let transfer = null;
    try {
      let place;
      if (!of) this.#hear();
      if (of) place = (await this.#sets.answer(offer, () => this.#askAll(offer, most, waiting, gone), () => waiting(ANSWER))).place;
      transfer = this.#show(new Transfer(name, size));
      if (!of) place = (await this.#ask(transfer, 1, picksFiles && (() => pickFile(name)), most, waiting, gone)).place;
      return { transfer, ...(await this.#store(offer, place, most)) };
    } catch (err) {
      transfer?.failed(err);
      throw err;
    }
  }

  /** Throws declined while the user is not asked about this person's files. */
  #hear() {
    if (performance.now() < this.#deaf) throw failure("declined");
  }

  async #askAll({ name, of }, most, waiting, gone) {
    this.#hear();
    const transfer = this.#show(new Transfer(words.filesAnd(of.files.toLocaleString(locale), name), of.size));
    try {
      const answer = await this.#ask(transfer, of.files, picksFolders && pickFolder, most, waiting, gone);
      transfer.answered(words.accepted);
      return answer;
    } catch (err) {
      transfer.failed(err);
      throw Object.assign(err, { all: true });
    }
  }

  /** Asks about so many files. What does not fit into the capacity can only go to a place that the user picks. */
  async #ask(transfer, files, pick, most, waiting, gone) {
    this.#shelf.check(0, files, ANY);
    let fits = true;
    try {
      this.#shelf.check(transfer.size, files, most);
    } catch (err) {
      if (!pick) throw err;
      fits = false;
    }
    if (fits && this.#trust === "always") return {};
    waiting(ANSWER);
    const answer = await transfer.ask(fits, fits && this.#trust === "once", pick, gone).catch((err) => {
      if (err.code === "declined") this.#declines();
      throw err;
    });
    this.#declined = 0;
    this.#trust = answer.always || this.#trust === "always" ? "always" : "once";
    return answer;
  }

  #declines() {
    if (++this.#declined < 2) return;
    this.#declined = 0;
    this.#deaf = performance.now() + DEAF;
    chat.note(words.deaf(this.#name()));
  }

  /** Where the content of an accepted file goes: to the place that the user chose, to the disk, or into memory. */
  async #store({ key, name, size, modified, folders }, place, most) {
    try {
      if (place) return { store: await place(name, folders), most };
    } catch {
      throw failure("not-stored", words.refusals.notStored);
    }
    try {
      return { store: await newDiskStore({ key, name, size, modified, from: this.#name(), person: this.#who() }), most };
    } catch {
      const inMemory = await capacity(false);
      this.#shelf.check(size, 1, inMemory);
      return { store: new MemoryStore(), most: inMemory };
    }
  }

  /** Says over which path files go, and whether they do. */
  #way() {
    if (this.#conn.state === "reconnecting") return { moves: false, text: words.waitsForConnection };
    return { moves: true, text: words.routes[this.#conn.path.route] };
  }

  #wake() {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

function nameOf(waiting) {
  return words.sendFiles(waiting.length, waiting[0].file.name);
}

function sizeOf(waiting) {
  return waiting.reduce((sum, { file }) => sum + file.size, 0);
}

/** What tells the offers of one person apart. */
function keyOf(offer) {
  return JSON.stringify([offer?.folder, offer?.name, offer?.size, offer?.modified]);
}
