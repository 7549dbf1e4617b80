// The received files that are not saved yet. Several can be saved or discarded at once.

import { chat } from "./chat.js";
import { picksFolders, pickFolder } from "./place.js";
import { words } from "./words.js";

const bar = document.getElementById("received");
const transfers = new Set();

export const received = {
  add(transfer) {
    transfers.add(transfer);
    show();
  },

  delete(transfer) {
    transfers.delete(transfer);
    show();
  },
};

function show() {
  bar.hidden = transfers.size < 2;
  document.getElementById("received-files").textContent = words.receivedFiles(transfers.size);
}

document.getElementById("save-all").addEventListener("click", async () => {
  const place = picksFolders ? await pickFolder().catch(() => null) : undefined;
  if (place === null) return; // the user has chosen none
  for (const transfer of [...transfers]) {
    try {
      await transfer.save(place);
    } catch {
      chat.note(words.notSaved(transfer.name));
    }
  }
});
document.getElementById("discard-all").addEventListener("click", () => {
  for (const transfer of [...transfers]) transfer.discard();
});
