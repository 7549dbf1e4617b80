// The SDK for Node: the WebAssembly is a file, and before Node 22 WebSocket is the package ws.

import { readFile } from "node:fs/promises";

import { internal } from "./errors.js";
import { environment } from "./program.js";

export * from "./intercessor.js";

environment.wasm = () => readFile(new URL("./intercessor.wasm", import.meta.url));

environment.prepare = async () => {
  if (globalThis.WebSocket) return;
  const { WebSocket } = await import("ws").catch(() => {
    throw internal(`Node ${process.versions.node} has no WebSocket: npm install ws, or load({ WebSocket })`);
  });
  globalThis.WebSocket = WebSocket;
};
