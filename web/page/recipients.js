// Who gets the files that the user attaches, pastes or drops: the only person who can receive them, or
// those that the user chooses.

import { chat } from "./chat.js";
import { words } from "./words.js";

const room = document.getElementById("room");
const list = document.getElementById("people");
const dialog = document.getElementById("recipients");
const form = dialog.querySelector("form");
const choices = dialog.querySelector("ul");
const problem = dialog.querySelector(".problem");

let waiting = null; // {files, rows} of the latest choice

/** The rows of the people who can receive files. */
export function receivers() {
  return [...list.querySelectorAll(".takes-files")];
}

/** The name in a person's row. */
export function nameIn(row) {
  return row.querySelector(".name bdi").textContent;
}

export function sendTo(rows, files) {
  if (files.length === 0) return;
  for (const row of rows) row.dispatchEvent(new CustomEvent("files", { detail: files }));
}

/** The files of what was dropped or pasted. A folder has no content that could be read. */
export function filesIn({ items }) {
  const all = [...items].filter(({ kind }) => kind === "file");
  const files = all.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile());
  if (files.length < all.length) chat.note(words.noFolders);
  return files;
}

/** Sends files to the only person who can receive them, or asks who gets them. */
export function choose(files) {
  if (room.hidden || files.length === 0) return;
  const rows = receivers();
  if (rows.length === 0) return chat.note(words.noReceiver);
  if (rows.length === 1) return sendTo(rows, files);
  waiting = { files, rows };
  problem.textContent = "";
  document.getElementById("recipients-files").textContent = words.sendFiles(files.length, files[0].name);
  choices.replaceChildren(...rows.map(choice));
  if (!dialog.open) dialog.showModal();
}

function choice(row) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const name = Object.assign(document.createElement("bdi"), { textContent: nameIn(row) });
  label.append(Object.assign(document.createElement("input"), { type: "checkbox" }), name);
  item.append(label);
  return item;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const boxes = [...choices.querySelectorAll("input")];
  if (!boxes.some(({ checked }) => checked)) return (problem.textContent = words.chooseReceiver);
  const rows = waiting.rows.filter((row, n) => boxes[n].checked && row.isConnected && row.matches(".takes-files"));
  const { files } = waiting;
  dialog.close();
  if (rows.length === 0) chat.note(words.noReceiver); // they have left
  sendTo(rows, files);
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
document.addEventListener("paste", (event) => {
  const { types } = event.clipboardData;
  if (room.hidden || types.includes("text/plain")) return;
  event.preventDefault();
  if (types.includes("Files")) choose(filesIn(event.clipboardData));
  else chat.note(words.oddClipboard);
});
