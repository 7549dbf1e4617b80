// The errors that the SDK rejects and throws with.

export class IntercessorError extends Error {
  constructor({ code, message, ...details }, options = {}) {
    super(message, options);
    this.name = "IntercessorError";
    this.code = code;
    Object.assign(this, details); // the names are Go's, never a peer's
  }
}

/** An argument has a wrong form. */
export function invalid(message, cause) {
  return new IntercessorError({ code: "invalid", message }, cause && { cause });
}

/** The WebAssembly cannot be loaded, or has stopped. */
export function internal(message) {
  return new IntercessorError({ code: "internal", message });
}

/** The caller's signal was aborted. */
export function aborted() {
  return new IntercessorError({ code: "aborted", message: "the signal was aborted" });
}

/** This page has closed the object. */
export function closedHere() {
  return new IntercessorError({ code: "closed", message: "already closed by this program" });
}

/** The errors that end an iteration normally: the peer has left, or this side has. All others are thrown. */
export function endOf(err) {
  if (["peer-gone", "restarted", "given-up", "closed"].includes(err.code)) return null;
  throw err;
}
