// What would be lost with this page: running transfers, and received files that the user
// has not saved. The browser may end a page without asking, so sessionStorage knows it too.

const KEY = "unsaved";
const files = new Map(); // by the transfer: {name, received}

let before = stored(); // what the page before this one lost

export const unsaved = {
  /** Records a running transfer, or (received) a file that is not saved. */
  add(transfer, received) {
    files.set(transfer, { name: transfer.name, received });
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
    return confirm(`These files are not saved, or still being transferred, and would be lost: ${list([...files.values()])}. Leave anyway?`);
  },

  /** Sentences about what a reload has lost, once. */
  lost() {
    const sentences = [];
    for (const received of [true, false]) {
      const some = before.filter((file) => file.received === received);
      if (some.length === 0) continue;
      const [was, is] = some.length === 1 ? ["was", "is"] : ["were", "are"];
      sentences.push(
        received
          ? `${list(some)} ${was} not saved before this page was reloaded, and ${is} lost.`
          : `${list(some)} ${was} interrupted because this page was reloaded.`,
      );
    }
    before = [];
    store();
    return sentences;
  },
};

function list(some) {
  const names = some.slice(0, 5).map(({ name }) => name);
  if (some.length > names.length) names.push(`${some.length - names.length} more`);
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
