// A page in TypeScript against the SDK's types; TestTypes compiles it. A line
// after @ts-expect-error must not compile.

import { connect, listen, load, IntercessorError } from "../../../wasm/js/intercessor.js";
import { fetchFrom } from "../../../wasm/js/fetch.js";
import type { BidirectionalStream, Connection, ErrorCode, Listener, Message, Options, Outcome, Path, PeerEvent, Receipt, State } from "../../../wasm/js/intercessor.js";

const options: Options = {
  iceServers: [{ urls: ["turn:turn.example"], username: "ada", credential: "secret" }],
  onlyOwnIceServers: true,
  hideOutcomes: true,
  signal: AbortSignal.timeout(10_000),
  identity: "chat",
  secret: "open sesame",
  paths: "auto",
};
load({ wasm: new URL("https://cdn.example/intercessor.wasm"), WebSocket, RTCPeerConnection }) satisfies Promise<void>;
const renewed: Options = { secret: async () => (await fetch("/token")).text() };
// @ts-expect-error a secret is a text
const wrong: Options = { secret: 12345678 };

async function client(url: string): Promise<void> {
  const conn: Connection = await connect(url, options);
  const ids: string[] = [conn.id, conn.peerId];
  const receipt: Receipt = await conn.send({ type: "chat", data: { text: "hello", to: ids } });
  const outcome: Outcome = await receipt.outcome;
  if (outcome.kind !== "delivered") console.log(outcome.kind, outcome.reason.length);
  // @ts-expect-error what was delivered needs no reason
  else console.log(outcome.reason);
  const state: State = conn.state;
  conn.addEventListener("statechange", () => console.log(state, conn.reliable satisfies boolean));
  conn.addEventListener("gone", ({ peerId, reason, connection }) => console.log(peerId, reason, connection.id));
  conn.networkChanged();
  const why: IntercessorError = await conn.closed;
  console.log(why.code);
  for await (const message of conn) take(message);

  const channel: RTCDataChannel = await conn.openChannel("file", { signal: AbortSignal.timeout(1000) });
  channel.send(new Uint8Array([1, 2, 3]));
  await conn.openChannel("position", { ordered: false, maxRetransmits: 0, protocol: "v2" });
  const stream: BidirectionalStream = await conn.createBidirectionalStream({ name: "log", signal: AbortSignal.timeout(1000) });
  await new Blob(["a line"]).stream().pipeTo(stream.writable);
  console.log(stream.name, (await stream.outcome).kind, await new Response(stream.readable).text());
  // @ts-expect-error a stream takes bytes
  await stream.writable.getWriter().write("a line");
  const response: Response = await fetchFrom(conn, "/upload", { method: "POST", body: "a line", signal: AbortSignal.timeout(1000) });
  console.log(response.ok);
  // @ts-expect-error it is of a connection
  await fetchFrom("/upload");
  const { route, since, roundTrip, sent, received, state: direct, turn }: Path = conn.path;
  console.log(route satisfies "relay" | "direct" | "turn", new Date(since), roundTrip.toFixed(1), sent + received, direct, turn satisfies boolean);
  conn.addEventListener("pathchange", () => console.log(conn.path.route, conn.path.problem));
  // @ts-expect-error the route is the SDK's to choose
  conn.path.route = "relay";
  conn.pc.setConfiguration({ ...conn.pc.getConfiguration(), iceTransportPolicy: "relay" });
  conn.pc.addTransceiver("audio");
  const other = new RTCPeerConnection({ iceServers: conn.iceServers });
  other.close();
  conn.close();

  const disposable: AsyncDisposable = conn;
  await disposable[Symbol.asyncDispose]();
  // @ts-expect-error an init has no such member
  await conn.openChannel("file", { orderd: false });

  // @ts-expect-error data is missing
  await conn.send({ type: "chat" });
  // @ts-expect-error the peer's ID is not ours to set
  conn.peerId = "another";
  // @ts-expect-error a channel has a label
  await conn.openChannel();
}

function take({ type, data }: Message): string {
  // @ts-expect-error what a peer sends is of no known type
  const text: string = data;
  return type + text;
}

async function server(): Promise<void> {
  const ln: Listener = await listen(new URL("wss://relay.example/server"));
  console.log(ln.id.length, ln.url.length, ln.state);
  ln.addEventListener("joined", (event: PeerEvent) => event.connection.send({ type: "welcome", data: null }));
  ln.addEventListener("away", ({ peerId }) => console.log(peerId), { once: true });
  for await (const conn of ln) {
    for await (const channel of conn.channels) channel.onmessage = ({ data }) => channel.send(data);
  }
  ln.close();
}

function explain(err: unknown): string {
  if (!(err instanceof IntercessorError)) return String(err);
  const code: ErrorCode = err.code;
  switch (code) {
    case "no-such-server":
    case "relay-closed":
      return `${err.closeCode?.toFixed()} ${err.reason}`;
    case "ice-failed":
      return [...(err.candidates?.local ?? []), ...(err.candidates?.remote ?? [])].join();
    case "access-refused":
    case "secret-failed":
    case "identity-refused":
    case "replaced":
    case "kicked":
    case "peer-gone":
    case "restarted":
    case "given-up":
    case "broken":
    case "stream-ended":
    case "closed":
    case "too-large":
    case "invalid":
    case "aborted":
    case "overflow":
    case "internal":
      return err.message;
    default:
      return code satisfies never;
  }
  // @ts-expect-error there is no such code
  return err.code === "nonsense" ? "" : err.message;
}

client("wss://relay.example/client/ID").then(server, explain);
