// The received files that the page holds: those that are not saved, and saved ones while they are shown.
// Several can be saved or discarded at once.

import { chat } from "./chat.js";
import { picksFolders, pickFolder } from "./place.js";
import { words } from "./words.js";

const APART = 500; // milliseconds between two downloads: browsers may take only one of several at once

const bar = document.getElementById("received");
const files = new Map(); // by the transfer: {part, url, saved}

export const received = {
  /** Holds a File and its part. Returns the URL of the file. */
  hold(transfer, file, part) {
    const url = URL.createObjectURL(file);
    files.set(transfer, { part, url, saved: false });
    show();
    return url;
  },

  /** Records when the user has saved it. */
  save(transfer, at) {
    const it = files.get(transfer);
    it.saved = true;
    it.part.note({ saved: at });
    show();
  },

  discard(transfer) {
    files.get(transfer).saved = false;
    drop(transfer);
  },

  /** The file is no longer shown: a saved one is dropped. */
  hide(transfer) {
    if (files.get(transfer)?.saved) drop(transfer);
  },

  /** Drops all of them. */
  clear() {
    for (const transfer of [...files.keys()]) drop(transfer);
  },
};

function drop(transfer) {
  const { part, url, saved } = files.get(transfer);
  files.delete(transfer);
  URL.revokeObjectURL(url);
  if (saved && part.durable) part.leave(); // the browser may still be copying it
  else part.clear();
  show();
}

/** The transfers of those that are not saved. */
function unsaved() {
  return [...files].filter(([, { saved }]) => !saved).map(([transfer]) => transfer);
}

function show() {
  const { length } = unsaved();
  bar.hidden = length < 2;
  document.getElementById("received-files").textContent = words.receivedFiles(length);
}

document.getElementById("save-all").addEventListener("click", async () => {
  const place = picksFolders ? await pickFolder().catch(() => null) : undefined;
  if (place === null) return; // the user has chosen none
  for (const transfer of unsaved()) {
    try {
      await transfer.save(place);
    } catch {
      chat.note(words.notSaved(transfer.name));
    }
    if (!place) await new Promise((resolve) => setTimeout(resolve, APART));
  }
});
document.getElementById("discard-all").addEventListener("click", () => {
  for (const transfer of unsaved()) transfer.discard();
});
