// The receiving side of a file transfer (CHAT.md). The user is not asked, so a Shelf
// limits what a peer can make this page hold.

import { failure } from "./errors.js";
import { cleanFileName } from "./format.js";
import { decode, encode, Inbox } from "./inbox.js";
import { Sha256 } from "./sha256.js";

const MERGE = 4 << 20; // bytes of messages that become a Blob, which the browser may keep on disk
const PIECES = 1024; // messages that become one piece: each alone costs more than its content, if that is short
const LINGER = 10_000; // milliseconds that the sender has to close the channel after our answer

/**
 * Receives the file that comes over a channel and gives {blob, release}; release()
 * says that the page no longer holds the blob. announce({name, size}) is called
 * first, then progress(received); signal ends it, with a reason that the sender hears.
 */
export async function receiveFile(channel, shelf, announce, progress, signal) {
  const inbox = new Inbox(channel, signal);
  let place = null;
  try {
    const header = decode(await inbox.next());
    if (!Number.isSafeInteger(header.size) || header.size < 0) throw failure("damaged");
    const { size } = header;
    announce({ name: cleanFileName(header.name), size });
    place = shelf.place(size);
    progress(0);

    const { blob, sha256 } = await content(inbox, size, place, progress);
    channel.send(encode({ received: size, sha256 }));
    setTimeout(() => channel.close(), LINGER);
    return { blob, release: place.clear };
  } catch (err) {
    place?.clear();
    refuse(channel, err);
    throw err;
  }
}

/** Closes a channel, and tells the sender the reason if the close alone does not show it. */
export function refuse(channel, { code, message }) {
  const told = code === "too-large" || code === "stalled";
  if (told && channel.readyState === "open") channel.send(encode({ refused: message })); // close sends it first
  channel.close();
}

async function content(inbox, size, place, progress) {
  const hash = new Sha256();
  const blobs = [];
  let pieces = [];
  let loose = [];
  for (let received = 0, merged = 0; received < size; ) {
    const message = await inbox.next();
    // A message without content would be no progress.
    if (!message.byteLength || received + message.byteLength > size) throw failure("damaged");
    place.add(message.byteLength);
    hash.update(new Uint8Array(message));
    loose.push(message);
    received += message.byteLength;
    if (received - merged >= MERGE) {
      blobs.push(new Blob([...pieces, ...loose]));
      pieces = [];
      loose = [];
      merged = received;
    } else if (loose.length === PIECES) {
      pieces.push(joined(loose));
      loose = [];
    }
    progress(received);
  }
  // Never a type that the sender chooses: a blob has this page's origin.
  const blob = new Blob([...blobs, ...pieces, ...loose], { type: "application/octet-stream" });
  return { blob, sha256: hash.hex() };
}

function joined(buffers) {
  const all = new Uint8Array(buffers.reduce((size, { byteLength }) => size + byteLength, 0));
  let at = 0;
  for (const buffer of buffers) {
    all.set(new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return all;
}
