// Errors of the SDK as sentences, by their code.

/** The sentence for an error that ends the page's stay in a room, or keeps it from entering one. */
export function sentence(err, entered = true) {
  switch (err?.code) {
    case "no-such-server":
      return "There is no room behind this link: its host has left, or the link is incomplete. Ask for a new link, or start a room.";
    case "relay-closed":
      if (err.closeCode === 4005) return "The host of this room is not here. Ask for a new link, or try again.";
      if (!entered) return `The relay did not let this page in${because(err)}. Try again.`;
      return `The connection to the relay is lost${because(err)}. Chat has ended.`;
    case "peer-gone":
      return "The other side has left.";
    case "access-refused":
      return "The relay refuses this page: it asks for another passphrase.";
    case "identity-refused":
      return "The relay no longer knows this tab, so you cannot return to the room as the same person.";
    case "kicked":
      return "The host has removed you from the room.";
    case "replaced":
      return "This room is open in another window, which has taken over.";
    case "copied":
      return "Your room is open in the tab that this one was copied from.";
    case "not-kept":
      return "Your room has ended: this browser keeps a room across a reload only with https, or on localhost.";
    case "ended":
      return "Your room has ended and cannot be reopened.";
    case "too-large":
      return "The message is too long.";
    case "closed":
    case "aborted":
      return "The connection was closed.";
    case "no-build":
      return capital(err.message) + ".";
    default:
      return `Something went wrong: ${err?.message ?? err}`;
  }
}

/** The sentence for a transfer that failed. */
export function transferSentence(err) {
  switch (err?.code) {
    case "refused":
      return `Refused: ${err.message}`;
    case "broken-off":
      return "Interrupted before it was complete.";
    case "cancelled":
      return "Cancelled.";
    case "damaged":
      return "Damaged on the way: the received file differs from the sent one.";
    case "too-large":
      return `Refused: ${err.message}.`;
    case "stalled":
      return `Ended: ${err.message}.`;
    case "invalid":
      return "The other side's program is too old to receive files from this page.";
    case "unreadable":
      return "The file could not be read. It may have changed.";
    default:
      return sentence(err);
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

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
