// The files of what the user drops or pastes, those in folders among them.

import { chat } from "./chat.js";
import { locale, words } from "./words.js";

const MOST = 10_000; // files and folders at once; the terminal peer takes as many files of a set
const DEEPEST = 64; // folders in one another (CHAT.md)
const LONGEST = 1000; // UTF-16 units of a folder's path: an offer is one line of 4,096 bytes

class TooLarge extends Error {}

/**
 * Returns the files, each of a folder with the folder's path in its property folder. If one cannot be sent, none is, and the
 * chat says why. Call it while the event is handled.
 */
export async function filesIn({ items }) {
  const dropped = [...items].filter(({ kind }) => kind === "file").map((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory ? entry : item.getAsFile();
  });
  const files = [];
  let count = 0;
  try {
    for (const it of dropped) {
      for await (const found of it instanceof File ? [it] : walk(it, "", 1)) {
        if (++count > MOST) throw new TooLarge();
        if (found instanceof File) files.push(found);
      }
    }
  } catch (err) {
    chat.note(err instanceof TooLarge ? words.folderTooLarge(MOST.toLocaleString(locale), DEEPEST) : words.folderUnreadable);
    return [];
  }
  if (files.length === 0 && dropped.length > 0) chat.note(words.folderEmpty);
  return files;
}

/** Goes through a folder: each folder, and each file. */
async function* walk(folder, above, depth) {
  const path = above + folder.name;
  if (depth > DEEPEST || path.length > LONGEST) throw new TooLarge();
  yield folder;
  const reader = folder.createReader();
  for (let some; (some = await new Promise((...done) => reader.readEntries(...done))).length > 0; ) {
    for (const entry of some) {
      if (entry.isDirectory) yield* walk(entry, path + "/", depth + 1);
      else yield Object.assign(await new Promise((...done) => entry.file(...done)), { folder: path });
    }
  }
}
