/** What peers send each other over the relay: at most 64 KiB with its envelope. */
export interface Message {
  /**
   * 1 to 64 visible ASCII characters. HELLO, PEER_*, RELAY_*, LINK_* belong to the
   * relay; OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE to the SDK.
   */
  type: string;
  /** Any value that JSON can hold. */
  data: unknown;
}

export interface Options {
  /** STUN and TURN servers for the direct path. None by default. */
  iceServers?: RTCIceServer[];
  /** Gives up connecting when it aborts: the error's code is "aborted". What is connected stays. */
  signal?: AbortSignal;
}

/**
 * - `no-such-server`: the ID names no server, or that server has gone.
 * - `relay-closed`: the relay closed the connection, or it broke or could not be made; see closeCode and reason.
 * - `peer-gone`: the other peer has left.
 * - `ice-failed`: no direct path was found; see candidates.
 * - `closed`: this program closed it.
 * - `too-large`: the message is over 64 KiB.
 * - `invalid`: an argument has a wrong form, such as data that JSON cannot hold.
 * - `aborted`: the signal aborted.
 * - `overflow`: more messages came than the page iterated over: 1,024 of them, or 1 MiB.
 * - `internal`: the WebAssembly stopped; the next connect or listen starts it anew.
 */
export type ErrorCode =
  | "no-such-server"
  | "relay-closed"
  | "peer-gone"
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
  /** The WebSocket's close code, for "relay-closed" and "no-such-server". 1006 means that it broke without one. */
  readonly closeCode?: number;
  /** What the relay said when it closed. */
  readonly reason?: string;
  /** The ICE candidates that were tried, for "ice-failed". */
  readonly candidates?: { local: string[]; remote: string[] };
}

/**
 * A connection to one peer. Iterating it gives the peer's messages in order; the
 * iteration ends when the peer has left or after close(), and throws when the
 * relay is lost. Data channels go on in each case but close().
 */
export interface Connection extends AsyncIterable<Message> {
  /** This peer's own ID. */
  readonly id: string;
  /** The other peer's ID. */
  readonly peerId: string;
  /** The browser's own RTCPeerConnection, made on first access. Add tracks to it: the SDK negotiates. */
  readonly pc: RTCPeerConnection;
  /** Channels that the other side opens. The iteration ends with the connection. */
  readonly channels: AsyncIterable<RTCDataChannel>;

  /** Sends a message over the relay; fulfilled when the browser has taken it. */
  send(message: Message): Promise<void>;
  /**
   * Opens a data channel to the peer, ordered and reliable: the browser's own, open,
   * with binaryType "arraybuffer". Messages that come before the page listens for
   * them wait; when more than 16 MiB wait, the channel gets an error event and closes.
   */
  openChannel(label: string, options?: { signal?: AbortSignal }): Promise<RTCDataChannel>;
  /** Ends the connection and its data channels. May be called more than once. */
  close(): void;
}

/** A server peer. Iterating it gives the clients as they come; ends after close(), throws when the relay is lost. */
export interface Listener extends AsyncIterable<Connection> {
  /** The ID that the relay gave. */
  readonly id: string;
  /** The URL that clients connect to. */
  readonly url: string;

  /** Leaves the relay and ends every connection. May be called more than once. */
  close(): void;
}

/** Connects to the server peer at ws(s)://HOST/client/ID. */
export function connect(url: string | URL, options?: Options): Promise<Connection>;

/** Becomes a server peer at ws(s)://HOST/server. */
export function listen(url: string | URL, options?: Options): Promise<Listener>;
