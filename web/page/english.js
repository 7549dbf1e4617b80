// The page in English.

export default {
  // Guests and their connections
  throughHost: "Chat goes through the host.",
  connecting: "Connecting…",
  notReached: (name, file) => `There is no connection to ${name}, so ${file} was not sent. Try again.`,
};
