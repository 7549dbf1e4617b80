// Received files in the browser's own storage for this site (the origin private file system): they take no
// memory, and outlive a reload. Each page writes into a folder of its own, for which it holds a Web
// Lock. What is known of a file is in localStorage, because a page that ends can still write there.

import { scriptURL } from "./scripts.js";
import { newID } from "./transcript.js";

const ROOT = "files";
const KEY = "file:"; // and FOLDER/ID
const RELOAD = 2000; // milliseconds to wait for the lock of the page before this one
const PART = 7 * 24 * 3_600_000; // milliseconds for which a part is kept
const SAVED = 3_600_000; // milliseconds for which a saved file is kept: the browser may still be copying it

const held = new Map(); // folders that this page holds: their handles by their names
const before = (sessionStorage.getItem("folders") ?? "").split(" "); // those of this tab's page before this one

/** A new file on the disk; throws if this browser or this page cannot have one. about is kept with it. */
export async function newDiskStore(about) {
  const [folder] = held.keys();
  const store = new DiskStore(`${folder ?? (await newFolder())}/${newID()}`);
  await store.open();
  store.note({ ...about, at: Date.now() });
  return store;
}

async function newFolder() {
  const name = newID();
  const root = await openRoot();
  if (!(await lock(name))) throw new Error("no Web Lock");
  hold(name, await root.getDirectoryHandle(name, { create: true }));
  return name;
}

function hold(name, folder) {
  held.set(name, folder);
  sessionStorage.setItem("folders", [...held.keys()].join(" "));
}

/**
 * Takes over what this tab's page before this one has left, and those of closed tabs. Returns {store, about, size}
 * of each file, and removes what is no longer of use, once for each file.
 */
export async function leftovers() {
  const found = [];
  if (!navigator.locks) return found;
  const root = await openRoot().catch(() => null);
  if (!root) return found;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(KEY)); // first, since other pages make files
  const there = new Set();
  for await (const [name, folder] of root.entries()) {
    there.add(name);
    if (held.has(name) || !(await lock(name, before.includes(name) ? RELOAD : 0))) continue;
    const files = await filesIn(name, folder);
    found.push(...files);
    if (files.length > 0) hold(name, folder);
    else await root.removeEntry(name).catch(() => {}); // it still has what could not be removed
  }
  for (const key of keys) {
    const [folder, id] = key.slice(KEY.length).split("/");
    if (there.has(folder) && !held.has(folder)) continue;
    const file = await held.get(folder)?.getFileHandle(id).catch(() => null);
    if (!file) localStorage.removeItem(key);
  }
  return found.sort((a, b) => a.about.at - b.about.at);
}

async function filesIn(name, folder) {
  const found = [];
  for await (const [id, file] of folder.entries()) {
    const store = new DiskStore(`${name}/${id}`);
    try {
      const { about } = store;
      if (expired(about)) {
        localStorage.removeItem(`${KEY}${name}/${id}`);
        await folder.removeEntry(id);
        continue;
      }
      found.push({ store, about, size: (await file.getFile()).size });
    } catch {
      // what cannot be read is left alone
    }
  }
  return found;
}

/** Whether a file is no longer of use; also when what is known of it is not what this page writes. */
function expired(about) {
  if (typeof about?.name !== "string" || !(about.size >= 0) || !Number.isFinite(about.at)) return true;
  if (about.saved) return !(Date.now() - about.saved < SAVED);
  return !about.whole && Date.now() - about.at > PART;
}

/** How many bytes more the browser lets this site store; null if it does not say. */
export async function diskLeft() {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return Number.isFinite(quota) ? Math.max(0, quota - usage) : null;
}

async function openRoot() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
}

// A lock is held until the page ends.
function lock(name, wait = 0) {
  const how = wait ? { signal: AbortSignal.timeout(wait) } : { ifAvailable: true };
  return new Promise((resolve) => {
    navigator.locks
      .request(`files:${name}`, how, (granted) => {
        resolve(granted !== null);
        return granted && new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}

class DiskStore {
  #path; // FOLDER/ID
  #opening = null; // a promise, while the file is open
  durable = true;

  constructor(path) {
    this.#path = path;
  }

  /** What is known of the file. */
  get about() {
    try {
      return JSON.parse(localStorage.getItem(KEY + this.#path));
    } catch {
      return null;
    }
  }

  note(more) {
    try {
      localStorage.setItem(KEY + this.#path, JSON.stringify({ ...this.about, ...more }));
    } catch {
      // full: the file is lost with the page
    }
  }

  open() {
    return (this.#opening ??= this.#call("open"));
  }

  /** Adds a Uint8Array, which is given away. Returns its buffer. */
  async write(bytes) {
    await this.open();
    return this.#call("write", bytes);
  }

  async sha256() {
    await this.open();
    return this.#call("sha256");
  }

  async empty() {
    await this.open();
    await this.#call("empty");
  }

  /** Drops what is behind so many bytes. What is left is hashed when it is opened again. */
  async cut(size) {
    await this.open();
    await this.#call("cut", size);
    await this.rest();
  }

  /** Frees what an open file needs; it can be opened again. */
  async rest() {
    const opened = this.#opening;
    this.#opening = null;
    await opened;
    if (opened) await this.#call("close");
  }

  async file() {
    await this.rest();
    const [folder, id] = this.#path.split("/");
    return (await held.get(folder).getFileHandle(id)).getFile();
  }

  async remove() {
    localStorage.removeItem(KEY + this.#path);
    await this.rest().catch(() => {});
    const [folder, id] = this.#path.split("/");
    await held.get(folder).removeEntry(id).catch(() => {});
  }

  #call(act, bytes) {
    return call(act, `${ROOT}/${this.#path}`, bytes);
  }
}

let worker = null;
let number = 0;
const calls = new Map(); // by their numbers: {resolve, reject}

function call(act, path, bytes) {
  worker ??= startWorker();
  return new Promise((resolve, reject) => {
    calls.set(++number, { resolve, reject });
    worker.postMessage({ number, act, path, bytes }, bytes?.buffer ? [bytes.buffer] : []);
  });
}

function startWorker() {
  const started = new Worker(scriptURL("diskwriter.js"), { type: "module" });
  started.addEventListener("message", ({ data: { number, value, error } }) => {
    const { resolve, reject } = calls.get(number);
    calls.delete(number);
    if (error) reject(Object.assign(new Error(error), { name: error }));
    else resolve(value);
  });
  started.addEventListener("error", () => {
    for (const { reject } of calls.values()) reject(new Error("the worker has stopped"));
    calls.clear();
    worker = null;
  });
  return started;
}
