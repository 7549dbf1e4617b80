// A worker: writes received files into the browser's own storage, and hashes them (disk.js). Its acts are
// called by messages {number, act, path, bytes}, and answered by {number, value} or {number, error}, its name. The bytes go back to be
// used again: many large buffers that wait to be collected would take more memory than the page itself.

import { Sha256 } from "./sha256.js";

const READ = 1 << 20; // bytes that are hashed at once
const TURN = 16 * READ; // bytes after which other files have their turn

const files = new Map(); // by FOLDER/ID: {handle, size, hash}

const acts = {
  /** Opens a file, and hashes what is in it. */
  async open(path) {
    let folder = await navigator.storage.getDirectory();
    const [name, ...folders] = path.split("/").reverse();
    for (const each of folders.reverse()) folder = await folder.getDirectoryHandle(each, { create: true });
    const handle = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
    const file = { handle, size: 0, hash: new Sha256() };
    const buffer = new Uint8Array(READ);
    for (let read; (read = handle.read(buffer, { at: file.size })) > 0; ) {
      file.hash.update(buffer.subarray(0, read));
      file.size += read;
      if (file.size % TURN === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    files.set(path, file);
  },

  write(path, bytes) {
    const file = files.get(path);
    if (file.handle.write(bytes, { at: file.size }) < bytes.length) throw new DOMException("the disk is full", "QuotaExceededError");
    file.size += bytes.length;
    file.hash.update(bytes);
    return bytes.buffer;
  },

  sha256: (path) => files.get(path).hash.hex(),

  empty(path) {
    const file = files.get(path);
    file.handle.truncate(0);
    Object.assign(file, { size: 0, hash: new Sha256() });
  },

  cut: (path, size) => files.get(path).handle.truncate(size),

  close(path) {
    files.get(path)?.handle.close();
    files.delete(path);
  },
};

addEventListener("message", async ({ data: { number, act, path, bytes } }) => {
  try {
    const value = await acts[act](path, bytes);
    postMessage({ number, value }, value instanceof ArrayBuffer ? [value] : []);
  } catch (error) {
    postMessage({ number, error: error.name });
  }
});
