// HTTP/1.1 over byte streams. Each request has a stream of its own.

const MAX_HEAD = 64 << 10; // bytes of the lines before the body
const UNREAD = 64 << 10; // bytes of a body that come unasked: who looks at the status alone leaves no stream open
const BODILESS = [204, 205, 304];

export async function fetchFrom(conn, resource, init) {
  const request = new Request(resource instanceof Request ? resource : new URL(resource, `http://${conn.peerId}/`), init);
  const { host } = new URL(request.url);
  const { signal } = request;
  const content = await request.blob(); // not every browser has request.body
  const opening = conn.createBidirectionalStream({ name: host, signal });
  const { readable, writable } = await opening.catch((err) => {
    throw signal.aborted ? signal.reason : err;
  });

  const source = new Source(readable);
  const stop = new AbortController();
  // A server may answer before it has read all, and takes the end of this direction for that of the client.
  const sending = new Blob([head(request, content.size), content]).stream().pipeTo(writable, { signal: stop.signal, preventClose: true });
  sending.catch(() => {});
  const onAbort = () => end(signal.reason);
  const end = (why) => {
    signal.removeEventListener("abort", onAbort);
    stop.abort(why);
    source.cancel(why);
    sending.then(() => (why ? writable.abort(why) : writable.close())).catch(() => {});
  };
  signal.addEventListener("abort", onAbort);
  const fail = (err) => {
    const why = signal.aborted ? signal.reason : err;
    end(why);
    return why;
  };
  if (signal.aborted) throw fail();

  try {
    const answer = await readHead(source);
    const parts = request.method === "HEAD" || BODILESS.includes(answer.status) ? null : bodyOf(source, answer.headers);
    if (!parts) end();
    return new Response(parts && streamOf(parts, signal, end, fail), answer);
  } catch (err) {
    throw fail(err);
  }
}

function head({ method, url, headers }, size) {
  const { host, pathname, search } = new URL(url);
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host}`, "Connection: close"];
  if (size > 0 || !["GET", "HEAD"].includes(method)) lines.push(`Content-Length: ${size}`);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return Uint8Array.from(lines.join("\r\n") + "\r\n\r\n", (c) => c.charCodeAt(0));
}

async function readHead(source) {
  for (;;) {
    const found = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(await source.line());
    if (!found) throw broken();
    const status = Number(found[1]);
    const headers = new Headers();
    for (let line; (line = await source.line()); ) {
      const colon = line.indexOf(":");
      if (colon < 1) throw broken();
      headers.append(line.slice(0, colon), line.slice(colon + 1));
    }
    if (status >= 200) return { status, statusText: found[2], headers };
  }
}

function bodyOf(source, headers) {
  if (/(^|,)\s*chunked$/i.test(headers.get("transfer-encoding") ?? "")) return chunks(source);
  const length = headers.get("content-length");
  if (length === null) return untilTheEnd(source);
  if (!/^\d{1,15}$/.test(length)) throw broken();
  return exactly(source, Number(length));
}

async function* chunks(source) {
  for (;;) {
    const found = /^([\da-f]{1,12})\s*(;|$)/i.exec(await source.line());
    if (!found) throw broken();
    const size = parseInt(found[1], 16);
    if (size === 0) break;
    yield* exactly(source, size);
    if (await source.line()) throw broken();
  }
  while (await source.line()); // trailers
}

async function* exactly(source, left) {
  while (left > 0) {
    const part = await source.some(left);
    if (!part) throw broken();
    left -= part.length;
    yield part;
  }
}

async function* untilTheEnd(source) {
  for (let part; (part = await source.some(Infinity)); ) yield part;
}

function streamOf(parts, signal, end, fail) {
  return new ReadableStream({
    async pull(to) {
      try {
        const { value, done } = await parts.next();
        if (signal.aborted) throw signal.reason; // which looks like the end of a body without a length
        if (!done) return to.enqueue(value);
        end();
        to.close();
      } catch (err) {
        to.error(fail(err));
      }
    },
    cancel: (why) => end(why ?? "cancelled"),
  }, new ByteLengthQueuingStrategy({ highWaterMark: UNREAD }));
}

// Lines and bytes of a ReadableStream.
class Source {
  #reader;
  #rest = new Uint8Array();
  #lines = 0; // bytes of lines since the last byte of a body

  constructor(readable) {
    this.#reader = readable.getReader();
  }

  /** The next line, without its end. */
  async line() {
    let end;
    while ((end = this.#rest.indexOf(10)) < 0) {
      if (this.#lines + this.#rest.length > MAX_HEAD) throw broken();
      const { value, done } = await this.#reader.read();
      if (done) throw broken();
      const joined = new Uint8Array(this.#rest.length + value.length);
      joined.set(this.#rest);
      joined.set(value, this.#rest.length);
      this.#rest = joined;
    }
    if ((this.#lines += end + 1) > MAX_HEAD) throw broken();
    const line = Array.from(this.#rest.subarray(0, end), (c) => String.fromCharCode(c)).join("");
    this.#rest = this.#rest.subarray(end + 1);
    return line.replace(/\r$/, "");
  }

  /** Some bytes, at most so many; null at the end. */
  async some(most) {
    this.#lines = 0;
    let bytes = this.#rest;
    while (bytes.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      bytes = value;
    }
    this.#rest = bytes.subarray(most);
    return bytes.subarray(0, most);
  }

  cancel(why) {
    this.#reader.cancel(why).catch(() => {});
  }
}

function broken() {
  return new TypeError("the other peer's answer is not HTTP/1.1, or was cut");
}
