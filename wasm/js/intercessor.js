// Intercessor's SDK for browsers. Go, compiled to WebAssembly and loaded from this
// folder on first use, does the work. This file is the API that
// intercessor.d.ts describes. Bytes on data channels do not pass through Go.

import { Connection } from "./connection.js";
import { Early } from "./early.js";
import { IntercessorError, invalid } from "./errors.js";
import { takeUp } from "./identity.js";
import { Listener } from "./listener.js";
import { isRunning, load, start } from "./program.js";

export { IntercessorError, load };

export async function connect(url, options = {}) {
  return new Connection(...(await enter("dial", url, options)));
}

export async function listen(url, options = {}) {
  return new Listener(...(await enter("listen", url, options)));
}

/** Starts a session with the relay, under this page's identity if options ask for one. */
async function enter(how, url, options) {
  const servers = iceServers(options);
  const { paths = "", onlyOwnIceServers = false, hideOutcomes = false } = options;
  if (!["", "auto", "relay", "direct"].includes(paths)) throw invalid('paths is "auto", "relay" or "direct"');
  const get = getter(options);
  const taking = takeUp(String(url), options);
  const early = isRunning() ? null : new Early(options.signal);
  if (early) hasten(early, how, String(url), taking, get).catch(() => {}); // this function, or Go, says why
  const ask = get && asker(() => early?.secret ?? get());
  try {
    const [sdk, identity] = await Promise.all([start(), taking]);
    const args = [String(url), servers, Boolean(onlyOwnIceServers), Boolean(hideOutcomes), identity.store, ask, paths, early?.WebSocket];
    const made = await sdk.call(how, args, options.signal).catch((err) => {
      identity.failed(err);
      throw blameOrigin(err, url);
    });
    await identity.became(made.id);
    return [sdk, made, identity];
  } finally {
    early?.drop();
  }
}

/** Opens the socket that Go will ask for, unless an identity was restored: Go must store each use of it before. */
async function hasten(early, how, url, taking, get) {
  const { store } = await taking;
  if (!store?.load()) await early.open(how, url, get);
}

/** Names the page's origin as a possible cause. A browser does not say why a WebSocket was refused. */
function blameOrigin(err, url) {
  const { host, origin } = globalThis.location ?? {};
  if (err.closeCode === 1006 && host && host !== new URL(url).host) {
    err.message += `. If it runs, does it admit pages of ${origin}? Its operator sets origins = ["${origin}"] in relayd's configuration, or starts it with --origin ${origin}`;
  }
  return err;
}

const SECRET = 10_000; // milliseconds in which the page's function must return its secret

/** Returns the function that promises the secret, or null without one. */
function getter({ secret }) {
  if (secret === undefined) return null;
  if (typeof secret !== "string" && typeof secret !== "function") throw invalid("secret must be a string, or a function that returns one");
  return async () => (typeof secret === "string" ? secret : secret());
}

/** Returns the function that Go calls before each connection. It calls done(secret, problem) once, within SECRET. */
function asker(get) {
  return (done) => {
    const late = setTimeout(() => settle("", "the function did not return within 10 seconds"), SECRET);
    const settle = (text, problem) => {
      clearTimeout(late);
      done?.(text, problem);
      done = null;
    };
    get().then(
      (text) => (typeof text === "string" ? settle(text, "") : settle("", "the function did not return a string")),
      (err) => settle("", String(err?.message || err)),
    );
  };
}

// Converts RTCIceServers to the form that Go reads.
function iceServers({ iceServers: servers = [] }) {
  try {
    return Array.from(servers, ({ urls, username = "", credential = "" }) => ({
      urls: typeof urls === "string" ? [urls] : Array.from(urls, String),
      username: String(username),
      credential: String(credential),
    }));
  } catch (err) {
    throw invalid("iceServers must be an array of objects with urls", err);
  }
}
