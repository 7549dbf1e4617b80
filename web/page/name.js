// The user's name: as chosen before, or a default.

import { paintFace } from "./face.js";
import { cleanName } from "./format.js";
import { words } from "./words.js";

const field = document.getElementById("name");
const face = document.getElementById("my-face");
const form = document.getElementById("rename");

export const me = {
  name: cleanName(localStorage.getItem("name"), "") || cleanName(sessionStorage.getItem("name"), "") || drawn(),
};

// It stays with the tab, so that a reload keeps the person's name.
function drawn() {
  const name = words.guestNumber(100 + Math.floor(Math.random() * 900));
  sessionStorage.setItem("name", name);
  return name;
}

/** Calls renamed() when the user has chosen another name. */
export function onRename(renamed) {
  field.addEventListener("change", () => {
    me.name = cleanName(field.value, me.name);
    localStorage.setItem("name", me.name);
    show();
    renamed();
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  field.blur(); // which is a change
});

function show() {
  field.value = me.name;
  paintFace(face, me.name);
}

show();
