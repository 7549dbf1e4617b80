// Who gets the files that the user attaches, pastes or drops: the only person who can receive them, or
// those that the user chooses.

import { chat } from "./chat.js";
import { filesIn } from "./folder.js";
import { receivers } from "./people.js";
import { words } from "./words.js";

const room = document.getElementById("room");
const dialog = document.getElementById("recipients");
const form = dialog.querySelector("form");
const choices = dialog.querySelector("ul");
const problem = dialog.querySelector(".problem");

let waiting = null; // {files, people} of the latest choice

/** Sends files to those of some people who can still receive them. */
export function sendTo(people, files) {
  if (files.length === 0) return;
  const there = people.filter((person) => person.takesFiles);
  if (there.length === 0) chat.note(words.noReceiver); // they have left
  for (const person of there) person.send(files);
}

/** Sends files to the only person who can receive them, or asks who gets them. */
export function choose(files) {
  if (room.hidden || files.length === 0) return;
  const people = receivers();
  if (people.length === 0) return chat.note(words.noReceiver);
  if (people.length === 1) return sendTo(people, files);
  waiting = { files, people };
  problem.textContent = "";
  document.getElementById("recipients-files").textContent = words.sendFiles(files.length, files[0].name);
  choices.replaceChildren(...people.map(choice));
  if (!dialog.open) dialog.showModal();
}

function choice(person) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const name = Object.assign(document.createElement("bdi"), { textContent: person.name });
  label.append(Object.assign(document.createElement("input"), { type: "checkbox" }), name);
  item.append(label);
  return item;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const boxes = [...choices.querySelectorAll("input")];
  if (!boxes.some(({ checked }) => checked)) return (problem.textContent = words.chooseReceiver);
  const { files, people } = waiting;
  dialog.close();
  sendTo(people.filter((_, n) => boxes[n].checked), files);
});
choices.addEventListener("change", () => (problem.textContent = ""));
document.getElementById("recipients-cancel").addEventListener("click", () => dialog.close());

const input = document.getElementById("attached");
document.getElementById("attach").addEventListener("click", () => {
  if (receivers().length === 0) chat.note(words.noReceiver);
  else input.click();
});
input.addEventListener("change", () => {
  choose([...input.files]);
  input.value = "";
});

// Text goes where the user writes. Files and pictures are sent.
document.addEventListener("paste", async (event) => {
  const { types } = event.clipboardData;
  if (room.hidden || types.includes("text/plain")) return;
  event.preventDefault();
  if (types.includes("Files")) choose(await filesIn(event.clipboardData));
  else chat.note(words.oddClipboard);
});
