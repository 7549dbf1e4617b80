// A received file in the page's memory, for a browser that gives this page no storage.

import { Sha256 } from "./sha256.js";

export class MemoryStore {
  #blobs = []; // which the browser may keep on disk
  #hash = new Sha256();
  durable = false;

  async write(bytes) {
    this.#hash.update(bytes);
    this.#blobs.push(new Blob([bytes]));
  }

  async sha256() {
    return this.#hash.hex();
  }

  async empty() {
    this.#blobs = [];
    this.#hash = new Sha256();
  }

  async file() {
    return new Blob(this.#blobs);
  }

  note() {}
  async rest() {}
  remove = this.empty;
}
