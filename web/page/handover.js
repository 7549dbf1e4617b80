// The room passes to a guest when its host leaves: the questions to both, in dialogs.

import { unread } from "./unread.js";
import { words } from "./words.js";

const $ = (id) => document.getElementById(id);
export const ANSWER = 60_000; // milliseconds that a guest has to answer

/**
 * Asks a host who leaves what becomes of the room, where heirs are the guests that can have it, as {id, name}, the default
 * first. pass(id, signal, commit) passes the room on and returns when that is done; a failure's message is shown. The
 * signal is aborted when the user does not want it any more; after commit() that is too late. Resolves to "passed", "ended" or "stays".
 */
export async function askHost(heirs, pass) {
  const field = $("heir");
  field.replaceChildren(...heirs.map(({ id, name }) => new Option(name, id)));
  $("handover-problem").textContent = "";
  const stop = new AbortController();
  const committed = () => $("handover-cancel").disabled;
  const busy = (is, late = false) => {
    for (const id of ["heir", "handover-pass"]) $(id).disabled = is;
    for (const id of ["handover-end", "handover-cancel"]) $(id).disabled = late;
    $("handover-state").hidden = !is;
  };
  busy(false);
  const answer = await ask($("handover"), {
    "handover-pass": async (done) => {
      busy(true);
      $("handover-problem").textContent = "";
      $("handover-state").textContent = words.askingHeir(field.selectedOptions[0].text);
      try {
        await pass(field.value, stop.signal, () => busy(true, true));
        done("passed");
      } catch (err) {
        if (stop.signal.aborted) return;
        $("handover-problem").textContent = err.message;
        busy(false);
      }
    },
    "handover-end": (done) => done("ended"),
    "handover-cancel": (done) => done("stays"),
  }, "stays", { committed });
  stop.abort();
  return answer;
}

/** Asks a guest to be the host, until the signal is aborted. Resolves to whether the user wants that. */
export function askHeir(name, signal) {
  $("inherit-what").textContent = words.inheritWhat(name);
  unread(words.asksHeir(name));
  return ask($("inherit"), { "inherit-yes": (done) => done(true), "inherit-no": (done) => done(false) }, false, { signal });
}

function ask(dialog, acts, otherwise, { signal, committed = () => false }) {
  return new Promise((resolve) => {
    const done = (value) => {
      resolve(value);
      dialog.onclose = null;
      dialog.close();
    };
    for (const [id, act] of Object.entries(acts)) $(id).onclick = () => act(done);
    dialog.onclose = () => {
      if (dialog.open) return; // another question since
      if (committed()) dialog.showModal(); // Esc
      else resolve(otherwise);
    };
    signal?.addEventListener("abort", () => done(otherwise));
    dialog.showModal();
  });
}
