import type { Connection } from "./intercessor.js";

/**
 * Does what `fetch` does, with the other peer as the server: over a byte stream of the connection, and so
 * over whatever path there is.
 *
 *     const response = await fetchFrom(conn, "/status.json");
 *     const status = await response.json();
 *
 * The other peer speaks HTTP/1.1 on its streams: in Go, `http.Serve(ln.Streams(), handler)`. A path is that of
 * `http://ID/`, ID being the other peer's. The stream is named after the URL's host.
 *
 * Redirects are not followed. There are no cookies, no cache and no CORS, and `response.url` is empty. A body is
 * sent whole, and received as it comes: the other side waits while the page does not read. Read each body or
 * cancel it: one of more than 64 KiB holds a stream, and only 128 can be open.
 *
 * It rejects, and the body errors, with a TypeError if the answer is not HTTP/1.1 or was cut, with the signal's
 * reason, or with an IntercessorError of the connection.
 */
export function fetchFrom(conn: Connection, resource: RequestInfo | URL, init?: RequestInit): Promise<Response>;
