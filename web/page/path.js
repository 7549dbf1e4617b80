// What connects the page to one peer, and how fast it is: the browser's own
// statistics for the direct path, the SDK's route and counters, and pings, for the chat.

const SILENT = 13_000; // milliseconds without a packet after which a path is called silent: browsers ask every 2 to 6 s, and one answer may be lost
const MISSED = 2; // pings without an answer that may yet be answered

/** Measures a path; look() is called about once a second. */
export class Path {
  #conn;
  #last = null; // the counters at the last look
  #heard = { count: 0, at: 0 }; // what has come over the direct path, and when it was first seen to be so much
  #unanswered = 0; // pings since the last answer
  #chatTrip = null; // seconds

  constructor(conn) {
    this.#conn = conn;
  }

  /** Records that a ping was sent, or that its answer came after this many seconds. */
  asked() {
    this.#unanswered++;
  }
  answered(seconds) {
    this.#unanswered = 0;
    this.#chatTrip = seconds;
  }

  /**
   * Gives {kind, candidates, protocol, trip, rate, route, chatTrip, chatRate, mute}: kind is
   * "direct", "turn" (a direct path through a TURN server), "silent" (one that was there, and on which nothing
   * comes), "looking" or "relay" (no direct path); route is the SDK's for messages; trips are in seconds, rates
   * in bytes a second. mute says that the peer's page, which has answered before, does not.
   */
  async look() {
    const { route, state, sent, received } = this.#conn.path;
    const pc = state === "up" ? this.#conn.pc : null;
    const pair = pc?.connectionState === "connected" ? await selectedPair(pc) : null;
    const now = { at: performance.now(), direct: pair?.bytes ?? 0, route, chat: sent + received };
    const last = this.#last ?? now;
    const seconds = Math.max(0.001, (now.at - last.at) / 1000);
    const rate = Math.max(0, now.direct - last.direct) / seconds;
    const chatRate = route === last.route ? (now.chat - last.chat) / seconds : 0;
    this.#last = now;

    const mute = this.#chatTrip !== null && this.#unanswered > MISSED;
    const common = { route, chatTrip: this.#chatTrip, chatRate, mute };
    if (pair && this.#silent(pair.heard) && route === "relay") return { kind: "silent", ...common };
    if (!pair) return { kind: state === "asking" || state === "checking" ? "looking" : "relay", ...common };
    const turn = pair.local === "relay" || pair.remote === "relay";
    return {
      kind: turn ? "turn" : "direct",
      candidates: `${pair.local} → ${pair.remote}`,
      protocol: pair.protocol,
      trip: pair.trip,
      rate,
      ...common,
    };
  }

  #silent(count) {
    const now = performance.now();
    if (count !== this.#heard.count) this.#heard = { count, at: now };
    return count !== null && now - this.#heard.at > SILENT;
  }
}

async function selectedPair(pc) {
  const stats = await pc.getStats();
  let pair = null;
  for (const entry of stats.values()) {
    if (entry.type === "transport" && entry.selectedCandidatePairId) pair = stats.get(entry.selectedCandidatePairId);
    // Not every browser has a transport entry; older Firefox marks the pair.
    if (entry.type === "candidate-pair" && entry.selected) pair = entry;
  }
  if (!pair) return null;
  const local = stats.get(pair.localCandidateId);
  const remote = stats.get(pair.remoteCandidateId);
  return {
    local: local?.candidateType ?? "unknown",
    remote: remote?.candidateType ?? "unknown",
    protocol: (local?.protocol ?? "").toUpperCase(),
    trip: pair.currentRoundTripTime || null, // Firefox counts whole milliseconds
    bytes: (pair.bytesSent ?? 0) + (pair.bytesReceived ?? 0),
    // Not every browser counts the answers that keep an idle path alive.
    heard: pair.responsesReceived === undefined ? null : pair.responsesReceived + (pair.bytesReceived ?? 0),
  };
}
