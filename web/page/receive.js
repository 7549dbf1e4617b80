// The receiving side of a file transfer, as CHAT.md says. Nothing is asked of the
// user; so what a peer can make this page hold is bounded here.

import { failure } from "./errors.js";
import { bytes, cleanFileName } from "./format.js";
import { decode, encode, Inbox } from "./inbox.js";
import { Sha256 } from "./sha256.js";

const MERGE = 4 << 20; // bytes of messages that become a Blob, which the browser may keep on disk
const LINGER = 10_000; // milliseconds that the sender has to close the channel after our answer

// All the files that this page holds or is about to, by their announced sizes.
const ROOM = 2 * 2 ** 30;
let held = 0;

/**
 * Receives the file that comes over a channel and gives {blob, release}; release()
 * says that the page no longer holds the blob. announce({name, size}) is called
 * first, then progress(received); signal cancels.
 */
export async function receiveFile(channel, announce, progress, signal) {
  const inbox = new Inbox(channel, signal);
  let size = 0;
  try {
    const header = decode(await inbox.next());
    if (!Number.isSafeInteger(header.size) || header.size < 0) throw failure("damaged");
    announce({ name: cleanFileName(header.name), size: header.size });
    if (held + header.size > ROOM) {
      const reason = `the receiving page holds at most ${bytes(ROOM)} of files`;
      channel.send(encode({ refused: reason })); // close sends it first
      throw failure("too-large", `Refused: ${reason}.`);
    }
    held += size = header.size;

    const { blob, sha256 } = await content(inbox, size, progress);
    channel.send(encode({ received: size, sha256 }));
    setTimeout(() => channel.close(), LINGER);
    return { blob, release: () => (held -= size) };
  } catch (err) {
    held -= size;
    channel.close();
    throw err;
  }
}

async function content(inbox, size, progress) {
  const hash = new Sha256();
  const blobs = [];
  let loose = [];
  for (let received = 0, merged = 0; received < size; ) {
    const message = await inbox.next();
    if (typeof message === "string" || received + message.byteLength > size) throw failure("damaged");
    hash.update(new Uint8Array(message));
    loose.push(message);
    received += message.byteLength;
    if (received - merged >= MERGE) {
      blobs.push(new Blob(loose));
      loose = [];
      merged = received;
    }
    progress(received);
  }
  // Never the type that a sender would like: a blob has this page's origin.
  const blob = new Blob([...blobs, ...loose], { type: "application/octet-stream" });
  return { blob, sha256: hash.hex() };
}
