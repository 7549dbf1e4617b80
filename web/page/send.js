// The sending side of a file transfer (CHAT.md): a header, the content in
// small messages, the receiver's answer.

import { failure } from "./errors.js";
import { decode, encode, Inbox } from "./inbox.js";
import { Sha256 } from "./sha256.js";

const MESSAGE = 16 << 10; // bytes of content in one message
const READ = 256 << 10; // bytes read from the file at once
const HIGH = 1 << 20; // bytes buffered above which the sender waits
const LOW = 256 << 10; // and below which it goes on
const LOOK = 1000; // milliseconds between two looks at what is still buffered

/**
 * Sends a File over a new channel of conn and returns when the receiver has said
 * that it arrived whole. progress(sent) is called as bytes leave the browser;
 * signal ends it with its reason.
 */
export async function sendFile(conn, file, progress, signal) {
  const channel = await conn.openChannel("file", { signal }).catch((err) => {
    throw signal.aborted ? signal.reason : err;
  });
  channel.bufferedAmountLowThreshold = LOW;
  // The answer comes after the content; a refusal or the channel's end may come at
  // any time, and must end a wait for the buffer too.
  const answer = new Inbox(channel, signal).next().then(decode);
  const interrupted = answer.then(({ refused }) => {
    throw refused === undefined ? failure("damaged") : failure("refused", String(refused).slice(0, 200));
  });
  interrupted.catch(() => {});
  let sent = 0;
  const look = () => progress(Math.max(0, sent - channel.bufferedAmount));
  const looking = setInterval(look, LOOK); // also while it waits for the buffer, or for the answer
  try {
    const hash = new Sha256();
    channel.send(encode({ name: file.name, size: file.size }));
    progress(0);
    while (sent < file.size) {
      const piece = await read(file, sent);
      hash.update(piece);
      for (let i = 0; i < piece.length; i += MESSAGE) {
        if (channel.readyState !== "open" || signal.aborted) await interrupted;
        channel.send(piece.subarray(i, i + MESSAGE));
      }
      sent += piece.length;
      look();
      if (channel.bufferedAmount > HIGH) await Promise.race([drained(channel), interrupted]);
    }
    const { received, sha256, refused } = await answer;
    if (refused !== undefined) await interrupted;
    if (received !== file.size || sha256 !== hash.hex()) throw failure("damaged");
    progress(file.size);
  } finally {
    clearInterval(looking);
    channel.close();
  }
}

async function read(file, at) {
  const slice = file.slice(at, at + READ);
  try {
    return new Uint8Array(await slice.arrayBuffer());
  } catch {
    throw failure("unreadable");
  }
}

function drained(channel) {
  return new Promise((resolve) => channel.addEventListener("bufferedamountlow", resolve, { once: true }));
}
