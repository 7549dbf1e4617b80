// The page without its relay: a service worker keeps the page's files.

import { scriptURL } from "./scripts.js";

/** Whether the relay could not be reached, and this page is the one that was kept. */
export const offline = "offline" in document.documentElement.dataset;

const LATEST = 10_000; // milliseconds after which a busy browser keeps it, too

let asked = false;

/** Has the browser keep the page, once it has nothing better to do. */
export function keepPage() {
  if (asked || offline || !navigator.serviceWorker) return; // missing without https
  asked = true;
  const idle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 2000));
  idle(() => navigator.serviceWorker.register(scriptURL("worker.js")).catch(() => {}), { timeout: LATEST }); // then the page is not kept
}
