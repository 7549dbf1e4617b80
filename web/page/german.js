// The page in German.

export default {
  // Guests and their connections
  throughHost: "Der Chat läuft über den Gastgeber.",
  connecting: "Verbindung wird aufgebaut…",
  notReached: (name, file) => `Keine Verbindung zu ${name}: ${file} wurde nicht gesendet. Versuchen Sie es noch einmal.`,
};
