package doctor

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// noTURN explains why there is no allocation.
func (v *visit) noTURN(e endpoint, err error) Result {
	var refused *refusal
	var unTLS *tlsError
	var undialled *dialError
	var other errNotTURN
	switch {
	case errors.As(err, &refused):
		return refusedTURN(e, refused)
	case errors.As(err, &other) && strings.HasPrefix(string(other.begin), "HTTP/"):
		return Fail(fmt.Sprintf("an HTTP server answers at %s, not TURN: only WebSockets pass to the relay", e.address()),
			"a proxy for HTTP cannot forward TURN: give it a port of its own with `turn.listen`, open that port, and say it in `turn.tcp_port` if it is published under another number")
	case v.endsTLS(e):
		return Fail(fmt.Sprintf("the relay names TURN at %s without TLS, because something in front of it ends TLS", e.address()),
			"let the load balancer pass TLS through and give relayd the certificate (`tls.cert_file`), or give TURN a port of its own past it with `turn.listen`")
	case errors.As(err, &other):
		return Fail(fmt.Sprintf("what answers at %s is not a TURN server", e.address()), portAdvice(e))
	case e.transport == "udp" && errors.Is(err, syscall.ECONNREFUSED):
		return Fail(fmt.Sprintf("nothing listens on UDP port %s of %s: the port is not published, or relayd does not have it", e.port, e.host),
			portAdvice(e))
	case e.transport == "udp" && isTimeout(err):
		return Fail(fmt.Sprintf("nothing comes back from UDP port %s of %s within %v: a firewall drops it, or the port is not published", e.port, e.host, answerWithin),
			portAdvice(e))
	case errors.As(err, &unTLS) && !errors.Is(err, syscall.ECONNREFUSED):
		if hasNoRoute(err) || isDialTimeout(err) {
			return unreachableTURN(e, err)
		}
		return whyInsecure("TURN at "+e.address(), e.host, err)
	case errors.As(err, &undialled), errors.As(err, &unTLS):
		return unreachableTURN(e, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), isTimeout(err):
		return Fail(fmt.Sprintf("%s accepts the connection but closes it or does not answer TURN: only WebSockets pass to the relay", e.address()),
			"a proxy for HTTP cannot forward TURN: give it a port of its own with `turn.listen`, open that port, and say it in `turn.tcp_port` if it is published under another number")
	}
	return Fail(fmt.Sprintf("TURN at %s fails: %v", e.address(), root(err)), portAdvice(e))
}

// endsTLS reports whether an endpoint is one that a relay without TLS names, by the port of Host,
// although it was reached with TLS.
func (v *visit) endsTLS(e endpoint) bool {
	return v.target.secure && e.transport == "tcp" && e.host == v.target.host && (e.port == v.target.port || e.port == "80")
}

// isDialTimeout reports whether no connection came about, so that TLS never began.
func isDialTimeout(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func unreachableTURN(e endpoint, err error) Result {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return Fail(fmt.Sprintf("nothing listens on TCP port %s of %s, where TURN is named", e.port, e.host), portAdvice(e))
	}
	return Fail(fmt.Sprintf("TURN at %s over TCP cannot be reached: a firewall drops it, or the port is not published", e.address()), portAdvice(e))
}

func portAdvice(e endpoint) string {
	protocol := "TCP"
	if e.transport == "udp" {
		protocol = "UDP"
	}
	return fmt.Sprintf("open %s port %s in the firewall and publish it from the container (-p %s:%s/%s); `turn.%s_port` must be the published port, and `turn.listen` or `listen` the one behind it",
		protocol, e.port, e.port, e.port, strings.ToLower(protocol), strings.ToLower(protocol))
}

// refusedTURN explains an error response.
func refusedTURN(e endpoint, refused *refusal) Result {
	switch refused.code {
	case 401:
		return Fail(fmt.Sprintf("the TURN server at %s does not accept the credential that the relay gave: they have different secrets, or its clock is wrong", e.address()),
			"put the TURN server's static-auth-secret into the file of `ice.secret_file`, and set both clocks with NTP; relays that share a name must share `key_files`")
	case 403:
		return Fail(fmt.Sprintf("the TURN server at %s does not know this peer: it belongs to another relay or was started again", e.address()),
			"give each relay a name of its own in `turn.hosts`")
	case 486, 508:
		limit := map[int]string{486: "`turn.client_allocations`, or coturn's user-quota", 508: "`turn.allocations`, or coturn's total-quota"}
		return Fail(fmt.Sprintf("the TURN server at %s has no capacity: %d %s", e.address(), refused.code, refused.text), "raise "+limit[refused.code])
	}
	return Fail(fmt.Sprintf("the TURN server at %s answers %s with %d %s", e.address(), refused.what, refused.code, refused.text), "look at the TURN server's log")
}

// noLoop explains why two allocations do not reach each other.
func (v *visit) noLoop(e endpoint, err error) Result {
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.code == 403:
		return Fail(fmt.Sprintf("the TURN server at %s forbids packets to its own address", e.address()),
			"take the TURN server's own address out of coturn's denied-peer-ip (allowed-peer-ip=ADDRESS)")
	case errors.As(err, &refused):
		return refusedTURN(e, refused)
	case isTimeout(err):
		return Fail(fmt.Sprintf("a packet between two allocations at %s is lost: they are at different nodes behind one name, or the server drops it", e.address()),
			"give each node a name of its own in `turn.hosts` and a `turn.label` of its own; with coturn, `external-ip` must be the address of its machine")
	}
	return Fail(fmt.Sprintf("a packet between two allocations at %s fails: %v", e.address(), root(err)), "look at the TURN server's log")
}
