package doctor

import (
	"context"
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

const (
	// answerWithin bounds each wait for an answer from the network.
	answerWithin = 5 * time.Second

	// stepWithin bounds a step of several answers.
	stepWithin = 20 * time.Second
)

// LongStay is how long a connection stays open with the flag --long of the programs: longer than
// the minute after which many proxies close one.
const LongStay = 70 * time.Second

// Config says what to examine.
type Config struct {
	// URL is the relay's address: http, https, ws or wss, with or without /server.
	URL string

	// Secret is the access secret of a server, and ClientSecret that of a client, if it is
	// another one. They are empty if the relay asks for none.
	Secret, ClientSecret string

	// Page is the origin of a page that uses the relay, as https://app.example.org. If it is
	// empty, only a page of the relay's own host is tried.
	Page string

	// Stay is how long a connection must stay open. Zero leaves that step out.
	Stay time.Duration

	// TLS is used for HTTPS if it is not nil. It may trust other certificates than the
	// machine's.
	TLS *tls.Config

	// Before and After are steps of the caller. Those of After are peers that use the
	// TURN server, and are not tried if messages or TURN fail.
	Before, After []Step

	// Each is called with each result as soon as it is known. It may be nil.
	Each func(Result)
}

// A Step is one step of the caller. Run must end with its context.
type Step struct {
	Name string
	Run  func(context.Context) Result
}

// A visit is the state of one examination. The steps run one after another.
type visit struct {
	Config
	target  target
	report  *Report
	blocked string // the step that failed and without which no other can be tried

	known     map[string][]netip.Addr // addresses of names
	addresses []netip.AddrPort        // of the relay
	open      []netip.AddrPort        // those that accept connections, and then TLS
	date      skew                    // by the relay's HTTP answer
	server    *peer
	hello     protocol.Hello
	talked    bool // messages pass
	endpoints []endpoint
	relayed   []netip.Addr // addresses that TURN servers answered with
	labels    []string     // where they came from, as "udp 192.0.2.1"
	loop      *loop        // over UDP, for the step mtu
}

// Run takes all steps. The error says what is wrong with the configuration.
func Run(ctx context.Context, c Config) (*Report, error) {
	target, err := parseTarget(c.URL)
	if err != nil {
		return nil, err
	}
	page, err := parsePage(c.Page)
	if err != nil {
		return nil, err
	}
	c.Page = page
	if c.ClientSecret == "" {
		c.ClientSecret = c.Secret
	}
	v := &visit{Config: c, target: target, report: &Report{URL: target.String()}}
	defer v.leave()

	for _, step := range c.Before {
		v.take(ctx, step, stepWithin)
	}
	v.take(ctx, Step{"dns", v.resolve}, stepWithin)
	v.take(ctx, Step{"tcp", v.connect}, stepWithin)
	if target.secure {
		v.take(ctx, Step{"tls", v.secure}, stepWithin)
	}
	v.take(ctx, Step{"http", v.ask}, stepWithin)
	v.take(ctx, Step{"clock", v.compareClocks}, stepWithin)
	v.take(ctx, Step{"websocket", v.upgrade}, stepWithin)
	v.take(ctx, Step{"origin", v.pretendPage}, stepWithin)
	v.take(ctx, Step{"hello", v.greet}, stepWithin)
	v.take(ctx, Step{"message", v.talk}, stepWithin)
	v.take(ctx, Step{"turn", v.listServers}, stepWithin)
	for _, e := range v.endpoints {
		v.take(ctx, Step{e.step(), func(ctx context.Context) Result { return v.circle(ctx, e) }}, stepWithin)
	}
	if v.loop != nil {
		v.take(ctx, Step{"mtu", v.measure}, stepWithin)
	}
	if v.relayed != nil {
		v.take(ctx, Step{"label", v.compareLabels}, stepWithin)
	}
	for _, step := range c.After {
		if v.blocked == "" && (v.relayed == nil || !v.talked) {
			step.Run = func(context.Context) Result { return skip("it needs messages and a TURN server that pass", "") }
		}
		v.take(ctx, step, 2*stepWithin)
	}
	if c.Stay > 0 {
		v.take(ctx, Step{"stay", v.stay}, c.Stay+stepWithin)
	}
	return v.report, ctx.Err()
}

// take runs a step, unless an earlier one failed without which it cannot be tried.
func (v *visit) take(ctx context.Context, step Step, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	result := skip("it needs the step "+v.blocked, "")
	if v.blocked == "" {
		began := time.Now()
		result = step.Run(ctx)
		result.Took = time.Since(began)
	}
	result.Step = step.Name
	result.Facts, result.Cause, result.Advice = clean(result.Facts), clean(result.Cause), clean(result.Advice)
	if result.final {
		v.blocked = step.Name
	}
	v.report.Steps = append(v.report.Steps, result)
	if v.Each != nil {
		v.Each(result)
	}
}

// leave closes what the steps have left open.
func (v *visit) leave() {
	if v.loop != nil {
		v.loop.close()
	}
	if v.server != nil {
		v.server.leave()
	}
}
