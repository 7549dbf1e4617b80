// The WebAssembly program: loads it, calls it, and handles its end.

import { aborted, IntercessorError, internal } from "./errors.js";

let running = null; // promise of a Program
let program = null; // that Program, once it is there

/** What an environment does in its own way; the npm package has one for Node. */
export const environment = {
  wasm: () => new URL("./intercessor.wasm", import.meta.url),
  async prepare() {},
};

/** Returns the Program. Loads it on first use. */
export function start(wasm) {
  running ??= Program.load(wasm).then(
    (loaded) => (program = loaded),
    (err) => {
      running = null;
      throw err;
    },
  );
  return running;
}

/** Reports whether start returns the Program at once. */
export function isRunning() {
  return program !== null;
}

export async function load({ wasm, ...classes } = {}) {
  for (const name of ["WebSocket", "RTCPeerConnection"]) {
    if (classes[name]) globalThis[name] ??= classes[name]; // Go looks for them there
  }
  await start(wasm);
}

class Program {
  open = new Map(); // by number: what gets the channels of a connection, or null for a listener
  #go;
  #functions;
  #calls = 0;
  #underway = new Map(); // the function that rejects each call, by its number
  #unsettled = new Set(); // the function that settles each message without an outcome yet
  #dead = null;

  static async load(wasm) {
    if (!globalThis.WebAssembly) throw internal("this browser has no WebAssembly");
    await environment.prepare();
    const [module] = await Promise.all([
      compile(wasm ?? (await environment.wasm())),
      import("./wasm_exec.js"), // a classic script: it defines globalThis.Go
    ]);
    const go = new globalThis.Go();
    return new Program(go, await WebAssembly.instantiate(module, go.importObject));
  }

  constructor(go, instance) {
    this.#go = go;
    globalThis.intercessorReady = (functions) => {
      this.#functions = functions;
      return (number, channel) => {
        const incoming = this.open.get(number);
        if (incoming) incoming.add(channel);
        else channel.close();
      };
    };
    const exit = go.run(instance); // returns when Go waits for its first call
    delete globalThis.intercessorReady;
    exit.finally(() => {
      go._resume = () => {}; // its timers and socket events must not wake it any more
      this.#die();
    });
  }

  /** Calls a function that settles a promise; taken gets its value in the same task. */
  call(name, args, signal, taken = (value) => value) {
    if (this.#dead) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(aborted());
    const number = ++this.#calls;
    const cancel = () => this.now("cancel", number);
    return new Promise((resolve, reject) => {
      this.#underway.set(number, reject);
      signal?.addEventListener("abort", cancel);
      this.#functions[name](
        number,
        (value) => resolve(taken(value)),
        (err) => reject(new IntercessorError(err)),
        ...args,
      );
    }).finally(() => {
      this.#underway.delete(number);
      signal?.removeEventListener("abort", cancel);
    });
  }

  /** Sends a message, and resolves to its receipt when it is accepted. */
  async send(args) {
    let settle;
    const outcome = new Promise((resolve) => {
      settle = (kind, reason) => {
        this.#unsettled.delete(settle);
        resolve(kind === "delivered" ? { kind } : { kind, reason });
      };
    });
    this.#unsettled.add(settle);
    try {
      await this.call("send", [...args, settle]);
    } catch (err) {
      this.#unsettled.delete(settle);
      throw err;
    }
    return { outcome };
  }

  /** Closes a connection or a listener, and forgets it. The promise is fulfilled when all of it has ended. */
  async close(number) {
    this.open.delete(number);
    await this.call("close", [number]).catch(() => {});
    if (this.open.size > 0) return;
    // Go leaves a stopped timer to the browser. In Node it would keep the process for seconds.
    for (const timer of this.#go._scheduledTimeouts.values()) timer.unref?.();
  }

  /** Calls a function that returns at once. */
  now(name, ...args) {
    if (this.#dead) throw this.#dead;
    const { value, error } = this.#functions[name](...args);
    if (error) throw new IntercessorError(error);
    return value;
  }

  /** Go has ended, which only a bug can cause. All its objects fail, and the next start loads it again. */
  #die() {
    this.#dead = internal("the SDK's WebAssembly has stopped; connect again");
    running = program = null;
    for (const reject of this.#underway.values()) reject(this.#dead);
    for (const settle of [...this.#unsettled]) settle("unknown", "internal");
    (globalThis.reportError ?? console.error)(this.#dead); // an error event, even if no promise is awaited
  }
}

/** Compiles the program, while it comes if it is fetched. */
async function compile(wasm) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm !== "string" && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
  const response = await fetch(wasm);
  if (!response.ok) throw missing(wasm, `answers with HTTP status ${response.status}: ${await response.text()}`);
  const type = response.headers.get("Content-Type");
  if (type === "application/wasm") return WebAssembly.compileStreaming(response);
  if (type?.startsWith("text/html")) throw missing(wasm, "is a page"); // a server's answer to any path
  console.warn(`${wasm} has the content type ${type}; with application/wasm it would start sooner`);
  return WebAssembly.compile(await response.arrayBuffer());
}

function missing(url, what) {
  return internal(`${url} ${what}; put intercessor.wasm there, or say where it is: load({ wasm: url })`);
}
