// A file, or a folder, that the user has chosen on the disk. Content is written there as it comes.

import { Sha256 } from "./sha256.js";

export const picksFiles = "showSaveFilePicker" in globalThis;
export const picksFolders = "showDirectoryPicker" in globalThis;

/** Asks for the place of one file. Returns a function that begins to write a file there. */
export async function pickFile(name) {
  const handle = await showSaveFilePicker({ suggestedName: name });
  return () => open(handle);
}

/** Asks for a folder. Returns a function that begins to write a file of some folder in it. */
export async function pickFolder() {
  const top = await showDirectoryPicker({ mode: "readwrite" });
  const make = async (name, folders) => {
    let at = top;
    for (const folder of folders) at = await at.getDirectoryHandle(folder, { create: true });
    return newFile(at, name);
  };
  let last = Promise.resolve(); // two files of one name must not be made at once
  return async (name, folders = []) => {
    const made = last.then(() => make(name, folders));
    last = made.catch(() => {}); // who asked for it says why
    return open(await made);
  };
}

/** Makes a file of a name that the folder does not have yet: with a number if there is one. */
async function newFile(folder, name) {
  const [, base, extension] = /^(.+?)(\.[^.]*)?$/.exec(name);
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${base} (${n})${extension ?? ""}`;
    const there = await folder.getFileHandle(free).catch((err) => err.name);
    if (there === "NotFoundError") return folder.getFileHandle(free, { create: true });
    if (there !== "TypeMismatchError" && typeof there === "string") throw new Error(there);
  }
}

async function open(handle) {
  return new PlaceStore(handle, await handle.createWritable());
}

class PlaceStore {
  #handle;
  #to; // a stream, whose content is in its place when it is closed
  #hash = new Sha256();
  durable = false;
  chosen = true; // the file needs no saving

  constructor(handle, to) {
    [this.#handle, this.#to] = [handle, to];
  }

  get name() {
    return this.#handle.name;
  }

  async write(bytes) {
    this.#hash.update(bytes);
    await this.#to.write(bytes);
  }

  async sha256() {
    return this.#hash.hex();
  }

  async empty() {
    this.#hash = new Sha256();
    await this.#to.truncate(0);
    await this.#to.seek(0);
  }

  async file() {
    await this.#to.close();
    return null;
  }

  async remove() {
    await this.#to.abort().catch(() => {});
    await this.#handle.remove?.().catch(() => {});
  }

  note() {}
  async rest() {}
}
