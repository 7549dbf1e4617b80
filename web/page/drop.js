// Files that the user drags over the room: dropped on a person, they go to that person;
// elsewhere, the user chooses who gets them. A hint says which before they are dropped.

import { chat } from "./chat.js";
import { filesIn } from "./folder.js";
import { personAt, receivers } from "./people.js";
import { choose, sendTo } from "./recipients.js";
import { words } from "./words.js";

const room = document.getElementById("room");
const list = document.getElementById("people");
const hint = document.getElementById("drop-hint");

for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const { people, text } = target(event);
    event.dataTransfer.dropEffect = room.hidden ? "none" : "copy";
    document.body.classList.add("dragging");
    for (const row of list.children) row.classList.toggle("over", people.includes(personAt(row)));
    hint.hidden = room.hidden;
    hint.textContent = text;
  });
}
document.addEventListener("dragleave", (event) => event.relatedTarget === null && endDrag());
document.addEventListener("drop", async (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // so that a file dropped elsewhere does not replace the page
  endDrag();
  if (room.hidden) return;
  const { people, text } = target(event);
  if (people.length === 0) return chat.note(text);
  const files = await filesIn(event.dataTransfer);
  if (people.length > 1) choose(files);
  else sendTo(people, files);
});

/** Returns {people, text}: who may get a file dropped here, and a sentence that says so, or why no one does. */
function target(event) {
  const over = personAt(event.target);
  if (over && !over.takesFiles) return { people: [], text: words.takesNone };
  const people = over ? [over] : receivers();
  if (people.length === 0) return { people, text: words.noReceiver };
  return { people, text: people.length > 1 ? words.dropToChoose : words.dropTo(people[0].name) };
}

function endDrag() {
  document.body.classList.remove("dragging");
  hint.hidden = true;
  for (const row of list.children) row.classList.remove("over");
}
