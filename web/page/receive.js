// The receiving side of a file transfer (CHAT.md). The user is not asked, so a Shelf
// limits what a peer can make this page hold.

import { failure } from "./errors.js";
import { cleanFileName } from "./format.js";
import { line, Lines } from "./lines.js";
import { keep, Part, takeUp } from "./part.js";
import { words } from "./words.js";

const LINGER = 10_000; // milliseconds that the sender has to close its direction after our answer

/**
 * Receives the file that comes on a stream. show({name, size}, before) is called when it is offered and
 * returns its Transfer, which is before if a part is there already. The signal ends it, with a reason that the sender hears.
 */
export async function receiveFile({ readable, writable }, shelf, show, signal) {
  const from = new Lines(readable, signal);
  const to = writable.getWriter();
  let key, part, transfer;
  try {
    const { name, size, modified: told } = await from.line();
    const modified = Number.isSafeInteger(told) ? told : 0;
    if (!Number.isSafeInteger(size) || size < 0) throw failure("damaged");
    key = JSON.stringify([name, size, modified]);
    const before = takeUp(key);
    part = before?.part ?? new Part();
    const file = { name: cleanFileName(name), size };
    transfer = show(file, before?.transfer);
    part.move(shelf, size);
    await to.write(line(part.size > 0 ? { from: part.size, sha256: part.sha256 } : { from: 0 }));
    const { from: begin } = await from.line();
    if (begin === 0) part.empty();
    else if (begin !== part.size) throw failure("damaged");

    transfer.begins(part.size);
    while (part.size < size) {
      part.add(await from.content(size - part.size));
      transfer.progress(part.size);
    }
    const { sha256 } = await from.line();
    if (sha256 !== part.sha256) throw failure("damaged");
    const answered = to.write(line({ received: size, sha256 }));
    answered.catch(() => {}); // the sender has gone, but the file is here
    to.close().catch(() => {});
    from.end(LINGER);
    transfer.done({ blob: part.file(file.name, modified), release: () => part.clear() });
  } catch (err) {
    refuse(to, err);
    from.cancel();
    const final = ["damaged", "too-large", "cancelled"].includes(err.code);
    transfer?.failed(err, final || part.size === 0 ? part.clear() : keep(key, part, transfer));
  }
}

/** Ends what this side writes on a stream, and tells the sender the reason if it is ours. */
export function refuse(to, { code, message }) {
  const { damaged, cancelled } = words.refusals;
  const reasons = { damaged, cancelled, "too-large": message, stalled: message };
  if (reasons[code]) to.write(line({ refused: reasons[code] })).catch(() => {});
  to.close().catch(() => {});
}
