// The part of a call between this page and one other person, over the RTCPeerConnection of the SDK's connection.

const AGAIN = 5000; // milliseconds between two attempts to connect
const KINDS = ["microphone", "camera", "screen"];

// What this page sends on an RTCPeerConnection, by kind: an RTCRtpSender. It outlives a call, because the next one
// goes on with the same ones.
const senders = new WeakMap();

export class Leg {
  #reach;
  #tile;
  #own; // {microphone, camera, screen}: the user's tracks
  #peer = null;
  #pc = null;
  #told = ""; // the last message about our tracks on this RTCPeerConnection
  #listening = new AbortController(); // ends what the leg listens to on the RTCPeerConnection
  #attached; // ends what it listens to on the connection
  #end = new AbortController();

  /** Gets a function that waits for a Peer of the person, the person's Tile, and the user's tracks. */
  constructor(reach, tile, own) {
    [this.#reach, this.#tile, this.#own] = [reach, tile, own];
    this.#run();
  }

  /** The user's tracks have changed. */
  update() {
    if (this.#pc) this.#send();
  }

  /** Leaves the call with this person. The connection stays. */
  end() {
    this.#end.abort();
    this.#detach();
  }

  async #run() {
    const ended = new Promise((resolve) => this.#end.signal.addEventListener("abort", resolve));
    while (!this.#end.signal.aborted) {
      this.#tile.say("callConnecting");
      try {
        const peer = await this.#reach();
        if (this.#end.signal.aborted) return;
        this.#attach(peer);
        await Promise.race([peer.closed, ended]);
        this.#detach();
      } catch {
        // there is no way to the person now
      }
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, AGAIN))]);
    }
  }

  #attach(peer) {
    this.#peer = peer;
    this.#attached = new AbortController();
    const { signal } = this.#attached;
    peer.conn.addEventListener("pcchange", () => this.#follow(), { signal });
    peer.conn.addEventListener("pathchange", () => this.#look(), { signal });
    peer.addEventListener("media", () => this.#look(), { signal });
    this.#follow();
  }

  /** Uses the connection's RTCPeerConnection, which may be another one than before. */
  #follow() {
    this.#listening.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#pc = this.#peer.conn.pc;
    this.#told = "";
    if (!senders.has(this.#pc)) senders.set(this.#pc, {});
    for (const type of ["track", "connectionstatechange"]) this.#pc.addEventListener(type, () => this.#look(), { signal });
    this.#pc.addEventListener("signalingstatechange", () => this.#negotiated(), { signal });
    this.#send();
    this.#look();
  }

  #detach() {
    if (!this.#peer) return;
    this.#attached.abort();
    this.#listening.abort();
    for (const sender of Object.values(senders.get(this.#pc))) sender.replaceTrack(null).catch(() => {});
    this.#peer.send("media", {});
    this.#peer = this.#pc = null;
  }

  #send() {
    const ours = senders.get(this.#pc);
    for (const kind of KINDS) {
      const track = this.#own[kind];
      if (ours[kind] && ours[kind].track !== track) ours[kind].replaceTrack(track).catch(() => {}); // a closed one has a successor
      else if (!ours[kind] && track && this.#pc.signalingState !== "closed") ours[kind] = this.#pc.addTrack(track);
    }
    this.#tell();
  }

  #negotiated() {
    if (this.#pc.signalingState !== "stable") return;
    this.#tell();
    this.#look();
  }

  /** Tells the other side which of the connection's media are our microphone, camera and screen. */
  #tell() {
    const ours = senders.get(this.#pc);
    const media = {};
    for (const transceiver of this.#pc.getTransceivers()) {
      const kind = KINDS.find((each) => ours[each] === transceiver.sender);
      if (kind && transceiver.mid && this.#own[kind]?.enabled) media[kind] = transceiver.mid;
    }
    if (JSON.stringify(media) === this.#told) return;
    this.#told = JSON.stringify(media);
    this.#peer.send("media", media);
  }

  /** Shows what comes from the other side. */
  #look() {
    if (!this.#pc) return;
    const of = (kind) => this.#pc.getTransceivers().find(({ mid }) => mid && mid === this.#peer.media[kind])?.receiver.track ?? null;
    this.#tile.show(Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])));
    const { state } = this.#peer.conn.path;
    if (this.#pc.connectionState === "connected") this.#tile.say("");
    else this.#tile.say(state === "over" ? "callNoPath" : "callConnecting");
  }
}
