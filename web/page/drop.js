// Files that the user drags over the room: dropped on a person, they go to that person;
// elsewhere, the user chooses who gets them. A hint says which before they are dropped.

import { chat } from "./chat.js";
import { choose, filesIn, nameIn, receivers, sendTo } from "./recipients.js";
import { words } from "./words.js";

const room = document.getElementById("room");
const list = document.getElementById("people");
const hint = document.getElementById("drop-hint");

for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const { rows, text } = target(event);
    event.dataTransfer.dropEffect = room.hidden ? "none" : "copy";
    document.body.classList.add("dragging");
    for (const row of list.children) row.classList.toggle("over", rows.includes(row));
    hint.hidden = room.hidden;
    hint.textContent = text;
  });
}
document.addEventListener("dragleave", (event) => event.relatedTarget === null && endDrag());
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // so that a file dropped elsewhere does not replace the page
  endDrag();
  if (room.hidden) return;
  const { rows, text } = target(event);
  if (rows.length === 0) chat.note(text);
  const files = filesIn(event.dataTransfer);
  if (rows.length > 1) choose(files);
  else sendTo(rows, files);
});

/** Returns {rows, text}: who may get a file dropped here, and a sentence that says so, or why no one does. */
function target(event) {
  const row = event.target.closest?.("#people > .person");
  if (row && !row.matches(".takes-files")) return { rows: [], text: words.takesNone };
  const rows = row ? [row] : receivers();
  if (rows.length === 0) return { rows, text: words.noReceiver };
  return { rows, text: rows.length > 1 ? words.dropToChoose : words.dropTo(nameIn(rows[0])) };
}

function endDrag() {
  document.body.classList.remove("dragging");
  hint.hidden = true;
  for (const row of list.children) row.classList.remove("over");
}
