package nat_test

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/stretchr/testify/require"
)

// startCoturn starts coturn at coturn.test, as a TURN server of the application's own, which knows
// one user. It ends with the test.
func (l *lab) startCoturn() {
	l.t.Helper()
	l.write("coturn.conf", fmt.Appendf(nil, `listening-ip=198.18.0.13
relay-ip=198.18.0.13
realm=coturn.test
lt-cred-mech
user=application:secret
no-cli
no-tls
no-dtls
log-file=stdout
simple-log
userdb=%[1]s/turndb
pidfile=%[1]s/pid`, l.folder))
	path, err := exec.LookPath("turnserver")
	require.NoError(l.t, err, "no coturn on this machine; run `make setup`, or install coturn")
	cmd := exec.Command(path, "-c", l.file("coturn.conf"))
	log, err := os.Create(l.file("coturn.log"))
	require.NoError(l.t, err)
	cmd.Stdout, cmd.Stderr = log, log
	l.machine("198.18.0.13", "").Wrap(cmd)
	require.NoError(l.t, cmd.Start())
	l.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
}
