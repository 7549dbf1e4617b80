// The receiving side of a file transfer (CHAT.md). A Shelf limits what a peer can make this page hold.

import { failure } from "./errors.js";
import { cleanFileName, cleanFolder, cleanID } from "./format.js";
import { errorOf, line, Lines } from "./lines.js";
import { borrow, keep, Part, takeUp } from "./part.js";
import { words } from "./words.js";

const LINGER = 10_000; // milliseconds that the sender has to close its direction after our answer
const HASHING = 300; // seconds that it may take to hash a part
const FINAL = ["damaged", "too-large", "cancelled", "full", "not-stored", "declined", "unanswered"]; // errors after which no part is kept

/**
 * Receives the file that comes on a stream. desk.decide(offer, waiting, gone) is called when it is offered: it asks the
 * user, and returns {transfer, store, most}; waiting(seconds) tells the sender that a person is asked, and the signal
 * gone says that the sender has given up. For a file of which a part of the same desk.person() is there already
 * desk.goesOn(transfer, durable) is called instead, and returns most. The signal ends it all, with a reason that the sender hears.
 */
export async function receiveFile({ readable, writable }, desk, signal) {
  const from = new Lines(readable, signal);
  const to = writable.getWriter();
  let offer, part, transfer, store, borrowed;
  // The borrowed part is this person's from now on.
  const replace = () => {
    part.note({ from: desk.name(), person: desk.person() });
    store.remove();
  };
  try {
    offer = offerIn(await from.line());
    const { key, name, size, modified } = offer;
    // The sender waits for our answer: what it says before is only that it has given up.
    const gone = new AbortController();
    let begins = from.line((seconds) => transfer?.allow(seconds));
    let early = true;
    const hear = () => early && gone.abort(failure("damaged"));
    begins.then(hear, (err) => gone.abort(err));
    const before = takeUp(key, desk.person());
    let most;
    if (before) {
      ({ part, transfer } = before);
      most = await desk.goesOn(transfer, part.durable);
    } else {
      const waiting = (seconds) => to.write(line({ waiting: seconds, user: true })).catch(() => {});
      ({ transfer, store, most } = await desk.decide(offer, waiting, gone.signal));
      borrowed = store.chosen ? undefined : borrow(key);
      part = borrowed?.part ?? new Part(store);
    }
    gone.signal.throwIfAborted();
    part.move(desk.shelf, size, most);
    if (part.slow) await to.write(line({ waiting: HASHING }));
    const there = part.size > 0 ? { from: part.size, sha256: await part.sha256() } : { from: 0 };
    early = false;
    await to.write(line(there));
    const { from: begin } = await begins;
    if (begin === 0 && borrowed) {
      await borrowed.giveBack();
      borrowed = undefined;
      part = new Part(store);
      part.move(desk.shelf, size, most);
    } else if (begin === 0) {
      if (part.size > 0) await part.empty();
    } else if (begin !== part.size) {
      throw failure("damaged");
    }

    transfer.begins(part.size);
    while (part.size < size) {
      await part.add(await from.content(size - part.size));
      transfer.progress(part.size);
    }
    const { sha256 } = await from.line();
    if (sha256 !== (await part.sha256())) throw failure("damaged");
    const file = await part.finish(name, modified);
    if (borrowed) replace();
    to.write(line({ received: size, sha256 })).catch(() => {}); // the sender has gone, but the file is here
    to.close().catch(() => {});
    from.end(LINGER);
    transfer.done(file, part);
  } catch (cause) {
    const err = errorOf(cause);
    refuse(to, err);
    from.cancel(err);
    if (!part) return; // the desk has shown it
    const useful = !FINAL.includes(err.code) && (part.size > 0 || err.code === "paused");
    if (borrowed && useful) {
      replace();
    } else if (borrowed) {
      borrowed.giveBack();
      part = new Part(store);
    }
    if (!useful) part.clear();
    transfer.failed(err, useful ? keep(offer.key, desk.person(), part, transfer) : null, () => desk.resume(offer.said));
  }
}

/** An offer as the page may use it; throws damaged. */
function offerIn({ name, size, modified: told, folder, of: set }) {
  const modified = Number.isSafeInteger(told) ? told : 0;
  if (!Number.isSafeInteger(size) || size < 0) throw failure("damaged");
  const said = { name, size, modified, folder };
  const offer = { said, key: JSON.stringify([folder, name, size, modified]), name: cleanFileName(name), size, modified, folders: cleanFolder(folder) };
  if (set === undefined) return offer;
  const whole = (n, least) => Number.isSafeInteger(n) && n >= least;
  if (!cleanID(set?.id) || !whole(set.files, 1) || !whole(set.size, 0)) throw failure("damaged");
  return { ...offer, of: { id: set.id, files: set.files, size: set.size } };
}

/** Ends what this side writes on a stream, and tells the sender the reason if it is ours. */
export function refuse(to, { code, message, all }) {
  const { damaged, cancelled, declined, paused } = words.refusals;
  const reasons = { damaged, cancelled, declined, paused, "too-large": message, stalled: message, full: message, "not-stored": message, unanswered: message };
  const no = { refused: reasons[code], all, declined: code === "declined" || undefined, paused: code === "paused" || undefined };
  if (no.refused) to.write(line(no)).catch(() => {});
  to.close().catch(() => {});
}
