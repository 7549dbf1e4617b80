// What would be lost with this room: running transfers, and received files that the user has not saved. A
// reload loses those that are not on the disk, too. The browser may end a page without asking, so sessionStorage knows them.

import { words } from "./words.js";

const KEY = "unsaved";
const files = new Map(); // by the transfer: {name, state, durable}

let before = stored(); // what the page before this one lost

export const unsaved = {
  /** Records a file that is "sending", "receiving", or "received" and not saved; durable if it outlives the page. */
  add(transfer, state, durable = false) {
    files.set(transfer, { name: transfer.name, state, durable });
    store();
  },

  delete(transfer) {
    if (files.delete(transfer)) store();
  },

  /** Whether a reload would lose something. */
  get any() {
    return atRisk().length > 0;
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

function atRisk() {
  return [...files.values()].filter(({ durable }) => !durable);
}

function list(some) {
  const names = some.slice(0, 5).map(({ name }) => name);
  if (some.length > names.length) names.push(words.more(some.length - names.length));
  return names.join(", ");
}

function store() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...before, ...atRisk()]));
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
