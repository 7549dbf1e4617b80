// The SDK for Node: the WebAssembly is a file, and before Node 22 WebSocket is the package ws.

import { readFile } from "node:fs/promises";

import { internal } from "./errors.js";
import { environment } from "./program.js";

export * from "./intercessor.js";

environment.wasm = () => readFile(new URL("./intercessor.wasm", import.meta.url));

environment.prepare = async () => {
  globalThis.WebSocket ??= await installed();
  const { WebSocket } = globalThis;
  if (!WebSocket.prototype?.on) return;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.on("error", () => {}); // Node ends if an error of package ws has no listener, as after an abort
    }
  };
};

async function installed() {
  const { WebSocket } = await import("ws").catch(() => {
    throw internal(`Node ${process.versions.node} has no WebSocket: npm install ws, or load({ WebSocket })`);
  });
  return WebSocket;
}
