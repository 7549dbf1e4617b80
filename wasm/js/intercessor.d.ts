/// <reference lib="esnext.disposable" />

/** What peers send each other over the relay. */
export interface Message {
  /**
   * 1 to 64 visible ASCII characters. HELLO, PEER_*, RELAY_*, LINK_* belong to the
   * relay; OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE to the SDK.
   */
  type: string;
  /**
   * Any value that JSON can hold; as JSON at most 16 MiB, or on a connection that is not
   * reliable 64 KiB with the envelope.
   */
  data: unknown;
}

export interface Options {
  /**
   * STUN and TURN servers for the direct path, in place of those that the relay names and renews. By
   * default it is those, or none; an empty array is none.
   */
  iceServers?: RTCIceServer[];
  /**
   * What this page presents to a relay that does not let everybody in: a passphrase, or a token that
   * the application's backend has signed. A function is asked before each connection, also when a
   * session resumes, so that a token that expires can be renewed; it has 10 seconds. What it gives goes to
   * the relay and is kept nowhere.
   */
  secret?: string | (() => string | Promise<string>);
  /** Gives up connecting when it aborts: the error's code is "aborted". What is connected stays. */
  signal?: AbortSignal;
  /**
   * Keeps the identity over reloads of the tab: the page that comes after this one and connects
   * to the same URL with the same name has the same ID. true is one more name. Two connections
   * of one page to the same URL need two names.
   *
   * What is kept stands in sessionStorage and is a secret of this origin. It is used only while the
   * page holds the Web Lock of that ID: a duplicated tab is a new peer. Where there are no Web Locks
   * (without https, but for localhost) nothing is kept, and the console says so. A connection that
   * ends, by close() or otherwise, takes its identity along.
   */
  identity?: boolean | string;
}

/**
 * - `connecting`: the other side has not answered yet. Messages can be sent.
 * - `connected`: both sides are at the relay.
 * - `reconnecting`: one of the two has lost the relay and may be back. What is sent meanwhile
 *   arrives afterwards. Data channels go on.
 * - `closed`: no more messages are exchanged. Those that came before can still be iterated over.
 *
 * A Listener is `connected`, `reconnecting` while it has lost the relay itself, or `closed`.
 */
export type State = "connecting" | "connected" | "reconnecting" | "closed";

/**
 * - `no-such-server`: the ID names no server, or that server has gone.
 * - `relay-closed`: the relay closed the connection, it could not be made, or the relay did not
 *   answer; see closeCode and reason. Where the relay speaks intercessor.v1 a connection that breaks is no error.
 * - `access-refused`: the relay does not let this page in. It asks for a secret, or does not accept
 *   this one: it may be wrong or expired. Connect again with another; an identity is kept for that.
 * - `secret-failed`: the function in Options.secret failed, or what it gave is too long.
 * - `identity-refused`: the relay does not give this page its ID back. Connect again for a new one.
 * - `replaced`: another program has this peer's identity.
 * - `kicked`: the server has sent this client away.
 * - `peer-gone`: the other peer has left; see reason.
 * - `restarted`: the other peer was loaded, or started, anew. A client connects again; a listener
 *   gets a new connection with the same peerId.
 * - `given-up`: this page was away for too long, as when its machine slept, and the other peer has
 *   given the connection up. Connect again.
 * - `broken`: one of the two broke a rule of the link; see reason. It is a bug.
 * - `ice-failed`: there is no direct path. reason says why: `no-answer` (of the other peer),
 *   `no-path` (no address of one reaches one of the other), `turn-refused` (the TURN server does not
 *   accept the credential), `turn-unreachable` (it does not answer), `handshake` (the other peer's
 *   certificate is not the one that its messages name), `negotiation` (its messages cannot be used)
 *   or `lost` (there was a path). There may be others. See also there, candidates and servers.
 * - `closed`: this program closed it.
 * - `too-large`: the message is too long; see Message.
 * - `invalid`: an argument has a wrong form, such as data that JSON cannot hold; or the relay cannot
 *   do what was asked of it, or not for this peer.
 * - `aborted`: the signal aborted.
 * - `overflow`: on a connection that is not reliable, more messages came than the page iterated
 *   over: 1,024 of them, or 1 MiB.
 * - `internal`: the WebAssembly stopped; the next connect or listen starts it anew.
 */
export type ErrorCode =
  | "no-such-server"
  | "relay-closed"
  | "access-refused"
  | "secret-failed"
  | "identity-refused"
  | "replaced"
  | "kicked"
  | "peer-gone"
  | "restarted"
  | "given-up"
  | "broken"
  | "ice-failed"
  | "closed"
  | "too-large"
  | "invalid"
  | "aborted"
  | "overflow"
  | "internal";

/** Every error that this module rejects or throws with. */
export class IntercessorError extends Error {
  readonly code: ErrorCode;
  /** The WebSocket's close code, where the relay closed it. 1006 means that it broke without one. */
  readonly closeCode?: number;
  /** What the relay said when it closed; why a peer is gone (see PeerEvent), or there is no path. */
  readonly reason?: string;
  /** The ICE candidates that were tried, for "ice-failed". */
  readonly candidates?: { local: string[]; remote: string[] };
  /** For "ice-failed": the other peer has found the reason at its end. */
  readonly there?: boolean;
  /** This page's STUN and TURN servers that did not help, for "ice-failed"; 701 is no answer. */
  readonly servers?: { url: string; code: number; text: string }[];
}

/** How the direct path stands. */
export interface Path {
  readonly state: "idle" | "asking" | "checking" | "up" | "over";
  /** What has failed so far, in a sentence; "" if nothing has. */
  readonly problem: string;
}

/**
 * What became of a message, for good:
 *
 * - `delivered`: the other application has it: its iteration was given the message.
 * - `refused`: the other application has not got it, and never will.
 * - `unknown`: the connection ended before that could be known, or it is not reliable.
 *
 * reason is a word: one of PeerEvent's, `closed-here` (this side closed), `no-link` (the
 * connection is not reliable) or `internal`.
 */
export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "refused" | "unknown"; readonly reason: string };

/** For learning what becomes of a message; it may be dropped. */
export interface Receipt {
  /** Fulfilled sooner or later, however the connection ends; never rejected. */
  readonly outcome: Promise<Outcome>;
}

/** Says of another peer that it joined, is away, is back, or is gone. */
export interface PeerEvent extends Event {
  readonly connection: Connection;
  /** connection.peerId. */
  readonly peerId: string;
  /**
   * Why it is gone: `left`, `closed` (its connection), `timeout` (it was away for too long, or
   * this side was), `kicked`, `restarted`, or an ErrorCode if this side's session ended. "" in
   * the other events.
   */
  readonly reason: string;
}

/** What connections and listeners have in common. */
interface Stateful<Events> extends EventTarget {
  /** Each change is a `statechange` event. */
  readonly state: State;
  /** Fulfilled when the state is "closed", with the reason. */
  readonly closed: Promise<IntercessorError>;
  /** Is close(), and waits until all has ended: `await using conn = await connect(url)`. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * A hint that the network may have changed: the connection to the relay is made anew at
   * once. The SDK itself listens to what the browser says (online, visibilitychange, resume).
   */
  networkChanged(): void;

  addEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

export interface ConnectionEvents {
  statechange: Event;
  pathchange: Event;
  /** One of the two sides has lost the relay: the state is "reconnecting". */
  away: PeerEvent;
  /** Both are there again. */
  back: PeerEvent;
  /** The connection has ended, but not by close(). */
  gone: PeerEvent;
}

/**
 * A connection to one peer. Iterating it gives the peer's messages, each once and in
 * order; the iteration ends when the peer has left, was started anew or has given this one up, and
 * after close(). It throws
 * when the session with the relay has ended in another way. Data channels go on in each case but
 * close().
 */
export interface Connection extends AsyncIterable<Message>, Stateful<ConnectionEvents> {
  /** This peer's own ID. */
  readonly id: string;
  /** The other peer's ID. */
  readonly peerId: string;
  /**
   * Whether each message arrives once and in order, or its sender is told. It is so where both peers
   * and the relay speak intercessor.v1. Otherwise a message may be lost without a word.
   */
  readonly reliable: boolean;
  /**
   * What the server has set with Listener.setInfo, as it was when this page last connected to the
   * relay; null if there is none. It is one object until the server's information changes.
   */
  readonly serverInfo: unknown;
  /**
   * The STUN and TURN servers of the direct path: those of the options, or else those that the relay
   * has named last. For a page that makes an RTCPeerConnection of its own: the relay's credentials
   * are for this peer alone and expire, so read this anew for each.
   */
  readonly iceServers: RTCIceServer[];
  /**
   * The browser's own RTCPeerConnection, made on first access. Add tracks to it: the SDK negotiates,
   * and sets iceServers each time. The rest of its configuration is the page's: with iceTransportPolicy
   * "relay" all goes through a TURN server, and the other peer does not learn this one's addresses.
   */
  readonly pc: RTCPeerConnection;
  /** How many characters of JSON were sent and received over the relay. */
  readonly relayed: number;
  /** Channels that the other side opens. The iteration ends with the connection. */
  readonly channels: AsyncIterable<RTCDataChannel>;

  /**
   * Sends a message over the relay. Messages arrive in the order of the calls. It is fulfilled when
   * the SDK has accepted the message, which waits while the other side takes nothing more:
   *
   *     const receipt = await conn.send({ type: "chat", data: "hello" });
   *     const { kind } = await receipt.outcome; // "delivered"
   */
  send(message: Message): Promise<Receipt>;
  /**
   * Opens a data channel to the peer: the browser's own, open, with binaryType "arraybuffer".
   * It is ordered and reliable if init does not say otherwise. Messages that come before the
   * page listens for them wait; when more than 16 MiB wait, the channel gets an error event and
   * closes. A negotiated channel is opened by both sides, each with the same id, which is not 254.
   * The signal ends the waiting.
   */
  openChannel(label: string, init?: RTCDataChannelInit & { signal?: AbortSignal }): Promise<RTCDataChannel>;
  /**
   * Has the relay send the other peer away and keep it out, for `seconds` (a day; a year at most):
   * there the connection closes with the code `kicked`, here it is gone with that reason. A peer
   * that comes again without its identity is a new one. `by: "source"` keeps out all newcomers
   * from its IPv4 address or its /64 of IPv6, and so all others behind the same router;
   * `by: "subject"` those with the subject of its access token. To them the listener is not there.
   * Only a listener's connections can do that. It is fulfilled and rejected as Listener.setOpen is,
   * and rejected if the relay knows no source, or no subject, of the other peer.
   */
  kick(options?: { seconds?: number; by?: "source" | "subject" }): Promise<void>;
  /** How the direct path stands. Each change is a `pathchange` event. */
  readonly path: Path;
  /**
   * Ends the connection and its data channels. What was sent goes out in the background, for a few
   * seconds. May be called more than once.
   */
  close(): void;
}

export interface ListenerEvents {
  statechange: Event;
  /** A client has come. It is given by the iteration as well. */
  joined: PeerEvent;
  away: PeerEvent;
  back: PeerEvent;
  gone: PeerEvent;
}

/**
 * A server peer. Iterating it gives the clients as they come; ends after close(), throws when the
 * session with the relay has ended. Its events are those of all its connections. Who stops iterating
 * keeps newcomers waiting: at most 64 connections are open that were not iterated over.
 */
export interface Listener extends AsyncIterable<Connection>, Stateful<ListenerEvents> {
  /** The ID that the relay gave. */
  readonly id: string;
  /** The URL that clients connect to. */
  readonly url: string;

  /**
   * Says whether newcomers are let in. Those that are not get the code `no-such-server`; clients that
   * were here before are always let in again.
   *
   * It is fulfilled when the relay has agreed, and rejected with `invalid` where the relay refuses, or
   * does not speak intercessor.v1. When the relay has not answered for 30 seconds it is rejected with
   * `relay-closed`, but what was asked stays asked: the SDK says it again whenever it has the relay back.
   */
  setOpen(open: boolean): Promise<void>;
  /**
   * Sets what clients that come from now on find as serverInfo: a value of at most 4,096 bytes as JSON.
   * null takes it back. It is fulfilled and rejected as setOpen is.
   */
  setInfo(value: unknown): Promise<void>;
  /** Leaves the relay and ends every connection. May be called more than once. */
  close(): void;
}

/** Connects to the server peer at ws(s)://HOST/client/ID. */
export function connect(url: string | URL, options?: Options): Promise<Connection>;

/** Becomes a server peer at ws(s)://HOST/server. */
export function listen(url: string | URL, options?: Options): Promise<Listener>;
