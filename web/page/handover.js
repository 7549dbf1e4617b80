// The room passes to a guest when its host leaves: the questions to both, in dialogs.

import { unread } from "./unread.js";
import { words } from "./words.js";

const $ = (id) => document.getElementById(id);
export const ANSWER = 60_000; // milliseconds that a guest has to answer

/**
 * Asks a host who leaves what becomes of the room, where heirs are the guests that can have it, as {id, name}, the default
 * first. pass(id) passes the room on and returns when that is done; a failure's message is shown. Resolves to "passed", "ended" or "stays".
 */
export function askHost(heirs, pass) {
  const field = $("heir");
  field.replaceChildren(...heirs.map(({ id, name }) => new Option(name, id)));
  $("handover-problem").textContent = "";
  busy(false);
  return ask($("handover"), {
    "handover-pass": async (done) => {
      busy(true);
      $("handover-problem").textContent = "";
      $("handover-state").textContent = words.askingHeir(field.selectedOptions[0].text);
      try {
        await pass(field.value);
        done("passed");
      } catch (err) {
        $("handover-problem").textContent = err.message;
        busy(false);
      }
    },
    "handover-end": (done) => done("ended"),
    "handover-cancel": (done) => done("stays"),
  }, "stays");
}

/** Asks a guest to be the host. Resolves to whether the user wants that. */
export function askHeir(name) {
  $("inherit-what").textContent = words.inheritWhat(name);
  unread(words.asksHeir(name));
  return ask($("inherit"), { "inherit-yes": (done) => done(true), "inherit-no": (done) => done(false) }, false, ANSWER);
}

function ask(dialog, acts, otherwise, milliseconds = 0) {
  if (dialog.open) return otherwise;
  return new Promise((resolve) => {
    const late = milliseconds && setTimeout(() => dialog.close(), milliseconds);
    let result = otherwise;
    const done = (value) => {
      result = value;
      dialog.close();
    };
    for (const [id, act] of Object.entries(acts)) $(id).onclick = () => act(done);
    dialog.onclose = () => {
      clearTimeout(late);
      resolve(result);
    };
    dialog.showModal();
  });
}

function busy(is) {
  for (const id of ["heir", "handover-pass"]) $(id).disabled = is;
  $("handover-state").hidden = !is;
}
