package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A stage is two machines on one network: that of the relay, which is relay.test, and that of a
// visitor. Each test has one of its own.
type stage struct {
	t              *testing.T
	site, visitor  *netspace.Space
	authority      *authority // whose certificates the visitor trusts
	doctor, relayd string     // the programs
}

const (
	siteIPv4 = "10.0.0.1"
	siteIPv6 = "fd00::1"
)

func newStage(t *testing.T) *stage {
	t.Helper()
	t.Parallel()
	s := &stage{
		t: t, site: netspace.New(t), visitor: netspace.New(t), authority: newAuthority(t),
		doctor: relayproc.Build(t, "sdk/cmd/intercessor"), relayd: relayproc.Build(t, "relayd"),
	}
	s.visitor.Run(`ip link add name eth0 type veth peer name eth0 netns ` + s.site.Path + `
		ip addr add 10.0.0.2/24 dev eth0; ip addr add fd00::2/64 dev eth0 nodad; ip link set eth0 up addrgenmode none`)
	s.site.Run(`ip addr add ` + siteIPv4 + `/24 dev eth0; ip addr add ` + siteIPv6 + `/64 dev eth0 nodad; ip link set eth0 up addrgenmode none`)
	s.names(siteIPv4+" relay.test", siteIPv4+" other.test")
	return s
}

// names are the lines of /etc/hosts that programs of both machines see.
func (s *stage) names(lines ...string) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "hosts")
	require.NoError(s.t, os.WriteFile(path, []byte("127.0.0.1 localhost\n"+strings.Join(lines, "\n")+"\n"), 0o644))
	s.visitor.Hosts, s.site.Hosts = path, path
}

// relay starts relayd on the site.
func (s *stage) relay(args ...string) (r *relayproc.Relay) {
	s.t.Helper()
	return s.relayOf(s.relayd, nil, args...)
}

// relayOf starts another build of relayd, with more variables.
func (s *stage) relayOf(binary string, env []string, args ...string) (r *relayproc.Relay) {
	s.t.Helper()
	s.site.Do(func() { r = relayproc.StartWith(s.t, relayproc.Limits{}, env, binary, args...) })
	return r
}

// A step is one of the report.
type step struct{ Step, Status, Cause, Advice string }

// A report is what the doctor prints with --json.
type report struct {
	URL   string
	OK    bool
	Steps []step
	code  int
}

// examine runs `intercessor doctor` on the visitor's machine.
func (s *stage) examine(args ...string) report {
	s.t.Helper()
	return s.run(s.visitor, nil, append([]string{s.doctor, "doctor", "--json"}, args...)...)
}

// anID is the form of IDs.
var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-`)

// run runs a doctor with its arguments, behind a prefix such as unshare.
func (s *stage) run(on *netspace.Space, prefix []string, args ...string) report {
	s.t.Helper()
	all := append(append([]string(nil), prefix...), args...)
	path, err := exec.LookPath(all[0])
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(s.t.Context(), patience.Max)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, all[1:]...)
	on.Wrap(cmd)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+s.authority.path)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	r := report{code: cmd.ProcessState.ExitCode()}
	require.NoError(s.t, json.Unmarshal(out, &r), "%s\n%s", out, said.String())
	require.NotRegexp(s.t, anID, string(out), "whoever has the ID of a room may enter it")
	return r
}

// quoted is the name of a key, or of a key with its value, in an advice.
var quoted = regexp.MustCompile("`([a-z_.]+)(?: = [^`]*)?`")

// requireSettings requires that what an advice names are settings of relayd.
func requireSettings(t *testing.T, advice string) {
	t.Helper()
	reference, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	for _, m := range quoted.FindAllStringSubmatch(advice, -1) {
		require.Regexp(t, `(?m)^##+ (\[`+m[1]+`\]|`+m[1]+`)$`, string(reference), advice)
	}
}

// A want is a step that must fail, with words of its cause and of its advice.
type want struct{ step, cause, advice string }

// requireFailed requires that these steps failed and no other, and why.
func (r report) requireFailed(t *testing.T, wants ...want) {
	t.Helper()
	var names, failed []string
	of := make(map[string]step)
	for _, s := range r.Steps {
		if of[s.Step] = s; s.Status == "failed" {
			failed = append(failed, s.Step)
		}
	}
	for _, w := range wants {
		names = append(names, w.step)
	}
	require.Equal(t, names, failed, "%+v", r.Steps)
	for _, w := range wants {
		require.Contains(t, of[w.step].Cause, w.cause)
		require.Contains(t, of[w.step].Advice, w.advice)
	}
	for _, s := range r.Steps {
		requireSettings(t, s.Advice)
	}
	require.Equal(t, len(wants) == 0, r.OK)
	require.Equal(t, min(len(wants), 1), r.code)
}

// requirePassed requires that these steps were taken and passed, and no others.
func (r report) requirePassed(t *testing.T, names ...string) {
	t.Helper()
	var passed []string
	for _, s := range r.Steps {
		require.Equal(t, "ok", s.Status, s.Step)
		passed = append(passed, s.Step)
	}
	require.Equal(t, names, passed)
}
