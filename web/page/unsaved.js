// What would be lost with this page: running transfers, and received files that the user
// has not saved. The browser may end a page without asking, so sessionStorage knows it too.

import { words } from "./words.js";

const KEY = "unsaved";
const files = new Map(); // by the transfer: {name, state}

let before = stored(); // what the page before this one lost

export const unsaved = {
  /** Records a file that is "sending", "receiving", or "received" and not saved. */
  add(transfer, state) {
    files.set(transfer, { name: transfer.name, state });
    store();
  },

  delete(transfer) {
    if (files.delete(transfer)) store();
  },

  get any() {
    return files.size > 0;
  },

  /** Asks the user before all of it is lost; reports whether to go on. */
  mayLose() {
    if (files.size === 0) return true;
    return confirm(words.mayLose(list([...files.values()])));
  },

  /** Sentences about what a reload has lost, once. */
  lost() {
    const sentences = [];
    for (const [state, say] of Object.entries(words.lost)) {
      const some = before.filter((file) => file.state === state);
      if (some.length > 0) sentences.push(say(list(some), some.length > 1));
    }
    before = [];
    store();
    return sentences;
  },
};

function list(some) {
  const names = some.slice(0, 5).map(({ name }) => name);
  if (some.length > names.length) names.push(words.more(some.length - names.length));
  return names.join(", ");
}

function store() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...before, ...files.values()]));
  } catch {
    // full or forbidden; the browser's own question still works
  }
}

function stored() {
  try {
    const it = JSON.parse(sessionStorage.getItem(KEY));
    if (Array.isArray(it)) return it.filter(({ name }) => typeof name === "string");
  } catch {
    // missing, or not ours
  }
  return [];
}
