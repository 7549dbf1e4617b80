// The sending side of a file transfer (CHAT.md).

import { failure } from "./errors.js";
import { errorOf, line, Lines } from "./lines.js";
import { Sha256 } from "./sha256.js";

const READ = 256 << 10; // bytes read from the file at once
const SLOW = 2 ** 29; // bytes that take their time to be hashed
const HASHING = 300; // seconds for that
const LINGER = 10_000; // milliseconds that the receiver has to close its direction after its answer

/** What is said of a File when it is offered, and of its set if it is one of several, or in a folder. */
export function offerOf(file, of) {
  return { name: file.name, size: file.size, modified: file.lastModified, folder: file.folder, of };
}

/**
 * Sends a File over a new stream of conn, and returns when the receiver has said that it arrived whole.
 * transfer.begins(from) is called first, then transfer.progress(sent); before that, transfer.allow(seconds, user) if the
 * receiver needs longer. transfer.signal ends it with its reason.
 */
export async function sendFile(conn, file, of, transfer) {
  const { signal } = transfer;
  const stream = await conn.createBidirectionalStream({ name: "file", signal }).catch((err) => {
    throw signal.aborted ? signal.reason : err;
  });
  const from = new Lines(stream.readable, signal);
  const to = stream.writable.getWriter();
  const giveUp = () => to.abort(signal.reason).catch(() => {});
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  let answer;
  const listen = () => (answer = from.line((seconds, user) => transfer.allow(seconds, user))).catch(() => {}); // it is awaited later
  // What the receiver says instead of reading on is the reason why a write fails.
  const write = async (bytes) => {
    const early = answer.then(() => {
      throw failure("damaged");
    });
    await Promise.race([early, to.write(bytes).catch(() => early)]);
  };
  try {
    listen();
    await to.write(line(offerOf(file, of))).catch(() => answer);
    const there = await answer;
    if (there.from > SLOW) await to.write(line({ waiting: HASHING }));
    const { hash, sent } = await begin(file, there, signal);
    listen();
    await write(line({ from: sent }));
    transfer.begins(sent);
    for (let at = sent; at < file.size; ) {
      const content = await read(file, at, Math.min(at + READ, file.size));
      hash.update(content);
      await write(content);
      transfer.progress((at += content.length));
    }
    const sha256 = hash.hex();
    await write(line({ sha256 }));
    to.close().catch(() => {});
    const result = await answer;
    if (result.received !== file.size || result.sha256 !== sha256) throw failure("damaged");
    from.end(LINGER);
  } catch (err) {
    to.abort(err).catch(() => {});
    from.cancel(err);
    throw errorOf(err);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Decides where the content begins, with the hash up to there: behind what the receiver has, if it is the same. */
async function begin(file, { from, sha256 }, signal) {
  const hash = new Sha256();
  if (!Number.isSafeInteger(from) || from < 0) throw failure("damaged");
  if (from === 0 || from > file.size) return { hash, sent: 0 };
  for (let at = 0; at < from; at = Math.min(at + READ, from)) {
    hash.update(await read(file, at, Math.min(at + READ, from)));
    signal.throwIfAborted();
  }
  return hash.hex() === sha256 ? { hash, sent: from } : { hash: new Sha256(), sent: 0 };
}

async function read(file, at, end) {
  const content = await file.slice(at, end).arrayBuffer().catch(() => null);
  if (content?.byteLength !== end - at) throw failure("unreadable");
  return new Uint8Array(content);
}
