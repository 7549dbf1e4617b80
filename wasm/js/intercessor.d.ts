/// <reference lib="esnext.disposable" />

/** A message between peers, over the relay or the direct path. */
export interface Message {
  /**
   * 1 to 64 visible ASCII characters. HELLO, PEER_*, RELAY_*, LINK_* belong to the
   * relay; OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE to the SDK.
   */
  type: string;
  /**
   * Any JSON value. Its JSON text is at most 16 MiB, or on a connection that is not
   * reliable 64 KiB including the envelope.
   */
  data: unknown;
}

export interface Options {
  /** STUN and TURN servers for the direct path, in addition to those that the relay names and renews. */
  iceServers?: RTCIceServer[];
  /**
   * Leaves out the servers of the relay. The relay's own TURN server connects two peers only if both
   * use it.
   */
  onlyOwnIceServers?: boolean;
  /**
   * Keeps from the relay how the search for a direct path has ended. Otherwise a client tells its
   * operator that, the types of the candidates, and how long it took; no address.
   */
  hideOutcomes?: boolean;
  /**
   * Which paths messages may take; the stricter wish of the two peers counts:
   *
   * - `auto`, which is what holds without this option: the direct path when it is up, and the
   *   connection looks for one itself. So each peer learns the addresses of the other. A path that
   *   breaks is repaired or made anew; channels and media end with the path on which they were made.
   * - `relay`: only the relay. The other peer learns no address unless this page asks for channels or
   *   media.
   * - `direct`: never the relay. Messages wait until there is a direct path.
   */
  paths?: "auto" | "relay" | "direct";
  /**
   * The access secret for a relay that asks for one: a passphrase, or a token that
   * the application's backend has signed. A function is called before each connection, also when a
   * session resumes, so that an expiring token can be renewed. It has 10 seconds. The secret is sent to
   * the relay and not stored.
   */
  secret?: string | (() => string | Promise<string>);
  /** Aborts connecting; the error's code is "aborted". An established connection stays. */
  signal?: AbortSignal;
  /**
   * Keeps the identity over reloads of the tab: the next page in this tab that connects
   * to the same URL with the same name has the same ID. true is a name, too. Two connections
   * of one page to the same URL need two names.
   *
   * The identity is in sessionStorage and is a secret of this origin. It is used only while the
   * page holds the Web Lock of that ID: a duplicated tab is a new peer. Without Web Locks
   * (without https, except on localhost) nothing is kept, and the console says so. When a connection
   * ends, by close() or otherwise, its identity is deleted.
   *
   * An object takes up the identity that another page has given away: `text` is its Listener.identity. The
   * relay lets one program at a time have it: the listener of the other page ends with `replaced`, and this one has its ID and its
   * clients, to which it is a `restarted` peer. If the relay does not accept the text, connecting is
   * rejected, and the other page goes on. It is rejected with `invalid` if the text is empty, or in a page that can keep no identity.
   */
  identity?: boolean | string | { name?: string; text: string };
}

/**
 * - `connecting`: the other side has not answered yet. Messages can be sent.
 * - `connected`: messages go to the other side: over the relay, or directly if there is no relay.
 * - `reconnecting`: one of the two has lost the relay and may come back, and messages have no direct
 *   path. Messages sent in this state arrive afterwards. Data channels go on.
 * - `closed`: no more messages are exchanged. Earlier ones can still be iterated over.
 *
 * A Listener is `connected`, `reconnecting` while it has lost the relay, or `closed`.
 */
export type State = "connecting" | "connected" | "reconnecting" | "closed";

/**
 * - `no-such-server`: the ID names no server, or that server has gone.
 * - `relay-closed`: the relay closed the connection, the connection could not be made, or the relay did not
 *   answer; see closeCode and reason. If the relay speaks intercessor.v1, a broken connection is not an error.
 * - `access-refused`: the relay does not admit this page. It asks for a secret, or does not accept
 *   this one, which may be wrong or expired. Connect again with another; the identity is kept for that.
 * - `secret-failed`: the function in Options.secret failed, or its result is too long.
 * - `identity-refused`: the relay does not give this page its former ID. Connect again for a new one.
 * - `replaced`: another program has this peer's identity.
 * - `kicked`: the server has removed this client.
 * - `peer-gone`: the other peer has left; see reason.
 * - `restarted`: the other peer was reloaded or restarted. A client should connect again; a listener
 *   gets a new connection with the same peerId.
 * - `given-up`: this page was away for too long, as when its machine slept, and the other peer has
 *   given up the connection. Connect again.
 * - `broken`: one of the two broke a rule of the link; see reason. It is a bug.
 * - `ice-failed`: there is no direct path. reason says why: `no-answer` (of the other peer),
 *   `no-path` (no address of one reaches one of the other), `turn-refused` (the TURN server does not
 *   accept the credential), `turn-unreachable` (the TURN server does not answer), `no-turn` (one side may use TURN
 *   servers only, and knows none), `turn-apart` (no path, although both sides have a relayed address), `handshake` (the other peer's
 *   certificate is not the one that its messages name), `negotiation` (its messages cannot be used),
 *   `busy` (the listener has as many paths as it allows) or `lost` (there was a path). There may be
 *   others. See also there, candidates and servers.
 * - `stream-ended`: the other side has ended a stream; see reason and streamCode.
 * - `closed`: this program closed it.
 * - `too-large`: the message is too long; see Message.
 * - `invalid`: an argument has the wrong form, such as data without a JSON form; or the relay cannot
 *   fulfil the request, or not for this peer.
 * - `aborted`: the signal aborted.
 * - `overflow`: on a connection that is not reliable, more messages waited than the page iterated
 *   over: 1,024 of them, or 1 MiB.
 * - `internal`: the WebAssembly stopped; the next connect or listen restarts it.
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
  | "stream-ended"
  | "closed"
  | "too-large"
  | "invalid"
  | "aborted"
  | "overflow"
  | "internal";

/** The class of every error that this module rejects or throws with. */
export class IntercessorError extends Error {
  readonly code: ErrorCode;
  /** The WebSocket's close code, if the relay closed it. 1006 means that it broke without one. */
  readonly closeCode?: number;
  /** The relay's reason for closing; why a peer is gone (see PeerEvent); or why there is no path. */
  readonly reason?: string;
  /** The code of a stream that the other side has ended; 1 is "busy", others are the application's. */
  readonly streamCode?: number;
  /** The ICE candidates that were tried, for "ice-failed". */
  readonly candidates?: { local: string[]; remote: string[] };
  /** For "ice-failed": the other peer has reported the reason, which is at its end. */
  readonly there?: boolean;
  /** This page's STUN and TURN servers that did not help, for "ice-failed"; 701 is no answer. */
  readonly servers?: { url: string; code: number; text: string }[];
}

/** How messages travel, and the state of the direct path. The figures are those of the moment in which it was read. */
export interface Path {
  /** The way of this side's messages; `turn` is direct, but through a TURN server. */
  readonly route: "relay" | "direct" | "turn";
  /** When messages took the relay, or the direct path, as Date.now() says it. */
  readonly since: number;
  /** How long a question takes on that way, with its answer, in milliseconds; 0 if that is not known. */
  readonly roundTrip: number;
  /**
   * The bytes of messages that went that way and came from there, with what the SDK adds. They go on
   * when messages return to it. Data channels do not count. Both stay 0 on a connection that is not reliable.
   */
  readonly sent: number;
  readonly received: number;
  /** The state of the direct path, also while messages take the relay. */
  readonly state: "idle" | "asking" | "checking" | "up" | "over";
  /**
   * Whether the direct path leads through a TURN server. Messages do not take one through the relay's
   * own, which ends with the relay. Channels and media do.
   */
  readonly turn: boolean;
  /** A sentence about what has failed so far, "" if nothing has. */
  readonly problem: string;
}

/**
 * The final outcome of a message:
 *
 * - `delivered`: the other application has taken it: its iteration has returned the message.
 * - `refused`: the other application does not have it, and never will.
 * - `unknown`: the connection ended before that could be known, or it is not reliable.
 *
 * reason is a word: one of PeerEvent's, `closed-here` (this side closed), `no-link` (the
 * connection is not reliable) or `internal`.
 */
export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "refused" | "unknown"; readonly reason: string };

/** Tells the outcome of a message. It may be ignored. */
export interface Receipt {
  /** Fulfilled sooner or later, however the connection ends; never rejected. */
  readonly outcome: Promise<Outcome>;
}

/** Another peer joined, is away, is back, or is gone. */
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

/** The common part of connections and listeners. */
interface Stateful<Events> extends EventTarget {
  /** Each change is a `statechange` event. */
  readonly state: State;
  /** Fulfilled when the state is "closed", with the reason. */
  readonly closed: Promise<IntercessorError>;
  /** Is close(), and waits until all has ended: `await using conn = await connect(url)`. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * A hint that the network may have changed: the SDK reconnects to the relay at
   * once. The SDK itself listens to the browser's events (online, visibilitychange, resume).
   */
  networkChanged(): void;

  addEventListener<K extends keyof Events>(
    type: K,
    listener: (event: Events[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

/**
 * A byte stream to the other peer, as a bidirectional stream of WebTransport. It takes the direct path when
 * there is one, else the relay, and lives as long as its connection. A peer that does not read holds up
 * its own stream only. There is no order between streams, nor between streams and messages.
 */
export interface BidirectionalStream {
  /** What the side that opened it has called it. */
  readonly name: string;
  /**
   * Bytes of the other side. It closes after all that the other side has written before it closed its own
   * direction. An error of code "stream-ended" says that the other side has ended it before.
   * cancel(reason) tells the other side that this one reads no more.
   */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Takes Uint8Array, ArrayBuffer and other views. A write is fulfilled when the SDK has taken the bytes, which
   * waits while 256 KiB are not sent. close() ends this direction; abort(reason) drops what the other side has
   * not read. Of an error as reason the other side gets the first 64 bytes of message, and streamCode.
   */
  readonly writable: WritableStream<BufferSource>;
  /**
   * What became of all that was written, once the direction is closed. It is never rejected.
   * `delivered`: the other application has read to the end.
   */
  readonly outcome: Promise<Outcome>;
}

export interface ConnectionEvents {
  statechange: Event;
  /** path.route, path.state or path.problem has changed. */
  pathchange: Event;
  /** pc is another RTCPeerConnection, which has no tracks: add yours again. Comes only after pc was read once. */
  pcchange: Event;
  /** One of the two sides has lost the relay, and there is no direct path: the state is "reconnecting". */
  away: PeerEvent;
  /** Messages go to the other side again. */
  back: PeerEvent;
  /** The connection has ended other than by close(). */
  gone: PeerEvent;
}

/**
 * A connection to one peer. Iterating it returns the peer's messages, each once and in
 * order. The iteration ends when the peer has left, was restarted or has given up this peer, and
 * after close(). It throws
 * when the session with the relay has ended in another way. Data channels go on in each case except
 * close().
 */
export interface Connection extends AsyncIterable<Message>, Stateful<ConnectionEvents> {
  /** This peer's own ID. */
  readonly id: string;
  /** The other peer's ID. */
  readonly peerId: string;
  /**
   * Whether each message arrives once and in order, or its sender is told. It is true if both peers
   * and the relay speak intercessor.v1. Otherwise a message may be lost silently.
   */
  readonly reliable: boolean;
  /**
   * The server's value for Listener.setInfo, as it was when this page last connected to the
   * relay; null if there is none. It is one object until the server's information changes.
   */
  readonly serverInfo: unknown;
  /**
   * The STUN and TURN servers of the direct path: those of the options, and those that the relay
   * named last unless the options leave them out. Use them for your own RTCPeerConnection. The relay's credentials
   * are only for this peer and expire, so read this property again for each.
   */
  readonly iceServers: RTCIceServer[];
  /**
   * The browser's RTCPeerConnection, created on first access. Add tracks at any time: the SDK negotiates,
   * and sets iceServers each time. The rest of its configuration is the page's: with iceTransportPolicy
   * "relay" everything goes through a TURN server, and the other peer does not learn this one's addresses.
   * After its end another may follow, without the tracks and channels of this one: a `pcchange` event says so.
   */
  readonly pc: RTCPeerConnection;
  /** Channels that the other side opens. The iteration ends with the connection. */
  readonly channels: AsyncIterable<RTCDataChannel>;

  /**
   * Sends a message. Messages arrive in the order of the calls. The promise is fulfilled when
   * the SDK has accepted the message, which waits while the other side does not read:
   *
   *     const receipt = await conn.send({ type: "chat", data: "hello" });
   *     const { kind } = await receipt.outcome; // "delivered"
   */
  send(message: Message): Promise<Receipt>;
  /**
   * Opens a data channel to the peer: the result is the browser's channel, open, with binaryType "arraybuffer".
   * It is ordered and reliable if init does not say otherwise. Messages that arrive before the
   * page listens for them wait; if more than 16 MiB wait, the channel gets an error event and
   * closes. A negotiated channel is opened by both sides, each with the same id, which is not 254.
   * The signal ends the wait.
   */
  openChannel(label: string, init?: RTCDataChannelInit & { signal?: AbortSignal }): Promise<RTCDataChannel>;
  /**
   * Opens a byte stream, with a name of 1 to 255 bytes for the other side. The promise waits until the other
   * side has answered, and while 128 streams of this side are open. It is rejected with `invalid` if the
   * connection is not reliable or the other side is too old for streams.
   */
  createBidirectionalStream(options?: { name?: string; signal?: AbortSignal }): Promise<BidirectionalStream>;
  /**
   * Streams that the other side opens. At most 64 wait to be read here; further ones end with code 1, "busy".
   * It closes with the connection.
   */
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  /**
   * Removes the other peer from the room and keeps it out, for `seconds` (default a day, at most a year).
   * Its connection closes with the code `kicked`; here it is gone with that reason. A peer
   * that connects without its identity is a new one. `by: "source"` keeps out all newcomers
   * from its IPv4 address or its /64 of IPv6, and so all others behind the same router;
   * `by: "subject"` keeps out those with the subject of its access token. To them the listener does not exist.
   * Only a listener's connections have this. The promise is fulfilled and rejected like that of Listener.setOpen,
   * and also rejected if the relay knows no source, or no subject, of the other peer.
   */
  kick(options?: { seconds?: number; by?: "source" | "subject" }): Promise<void>;
  /**
   * How messages travel, and the state of the direct path: a new object each time, or the last one when
   * the connection is closed. Each change of route, state or problem is a `pathchange` event.
   */
  readonly path: Path;
  /**
   * Ends the connection and its data channels. Accepted messages are still sent in the background, for a few
   * seconds. May be called more than once.
   */
  close(): void;
}

export interface ListenerEvents {
  statechange: Event;
  /** A client has joined. The iteration returns it, too. */
  joined: PeerEvent;
  away: PeerEvent;
  back: PeerEvent;
  gone: PeerEvent;
}

/**
 * A server peer. Iterating it returns the clients as they join, ends after close(), and throws when the
 * session with the relay has ended. Its events are those of all its connections. If the page stops iterating,
 * newcomers wait: at most 64 connections are open that the iteration has not returned.
 */
export interface Listener extends AsyncIterable<Connection>, Stateful<ListenerEvents> {
  /** The ID that the relay gave. */
  readonly id: string;
  /** The URL that clients connect to. */
  readonly url: string;
  /**
   * This listener's identity, with which another page can go on in its place: see Options.identity. It is a
   * secret: who has it can take this listener's ID, so send it to a peer that the user trusts, and nowhere else. It changes with
   * each connection to the relay, so read it when it is needed. "" without Options.identity, without Web Locks, or at a base relay.
   */
  readonly identity: string;

  /**
   * Sets whether newcomers are admitted. Refused ones get the code `no-such-server`. Clients that
   * were here before are always admitted.
   *
   * The promise is fulfilled when the relay has confirmed, and rejected with `invalid` if the relay refuses or
   * does not speak intercessor.v1. If the relay has not answered within 30 seconds, it is rejected with
   * `relay-closed`, but the request stays in force: the SDK repeats it after each reconnect.
   */
  setOpen(open: boolean): Promise<void>;
  /**
   * Sets the serverInfo for clients that connect from now on: a value of at most 4,096 bytes as JSON.
   * null removes it. The promise is fulfilled and rejected like that of setOpen.
   */
  setInfo(value: unknown): Promise<void>;
  /** Leaves the relay and ends every connection. May be called more than once. */
  close(): void;
}

/** Connects to the server peer at ws(s)://HOST/client/ID. */
export function connect(url: string | URL, options?: Options): Promise<Connection>;

/** Becomes a server peer at ws(s)://HOST/server. */
export function listen(url: string | URL, options?: Options): Promise<Listener>;

/** What `load` takes. Each is for an environment in which the SDK does not find it. */
export interface LoadOptions {
  /** The WebAssembly: its URL, its bytes, or compiled. It is that of this version. Default: intercessor.wasm beside this module. */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
  /** A class like the browser's WebSocket. It becomes the global one if there is none. */
  WebSocket?: unknown;
  /** A class like the browser's RTCPeerConnection, without which there is no direct path. It becomes the global one if there is none. */
  RTCPeerConnection?: unknown;
}

/**
 * Loads the SDK's WebAssembly. The first `connect` or `listen` does the same, later. Options count if it is not
 * loaded yet. Rejected with `internal` if it cannot be loaded.
 */
export function load(options?: LoadOptions): Promise<void>;
