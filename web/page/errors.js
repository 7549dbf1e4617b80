// Errors of the SDK as sentences, by their code.

import { words } from "./words.js";

/** The sentence for an error that ends the page's stay in a room, or keeps it from entering one. */
export function sentence(err, entered = true) {
  if (err?.code !== "relay-closed") return words.errors[err?.code] ?? words.wrong(err?.message ?? err);
  if (err.closeCode === 4005) return words.hostNotHere;
  return entered ? words.relayLost(because(err)) : words.notLetIn(because(err));
}

/** The sentence for a transfer that failed. */
export function transferSentence(err) {
  switch (err?.code) {
    case "refused":
      return words.refused(err.message);
    case "too-large":
      return words.refused(err.message + ".");
    case "stalled":
    case "unanswered":
      return words.endedBecause(err.message);
    default:
      return words.transferErrors[err?.code] ?? sentence(err);
  }
}

/** An error of the page's own, with a code like those of the SDK. */
export function failure(code, message = code) {
  return Object.assign(new Error(message), { code });
}

function because(err) {
  if (!err.closeCode) return "";
  return ` (${err.closeCode}${err.reason ? ": " + err.reason : ""})`;
}
