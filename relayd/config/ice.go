package config

import (
	"strings"
	"time"

	"github.com/sebas642/intercessor/relayd/ice"
)

// ICE names STUN and TURN servers.
type ICE struct {
	URLs           []string      `key:"urls" flag:"ice-url" arg:"url" reload:"yes" doc:"Their URLs, as stun:stun.example, turn:turn.example:3478?transport=udp or turns:turn.example."`
	SecretFile     SecretFile    `key:"secret_file" arg:"file" reload:"yes" doc:"A file with the secret that the TURN servers share with relayd, coturn's static-auth-secret. Each peer gets its own credential. To replace the secret, write two lines: the first signs, and the TURN servers accept both."`
	CredentialFile SecretFile    `key:"credential_file" arg:"file" reload:"yes" doc:"A file with one USERNAME:CREDENTIAL of the TURN servers, instead of the secret. Every peer gets it."`
	Life           time.Duration `key:"life" arg:"duration" default:"10m" min:"1m" max:"24h" reload:"yes" doc:"How long a credential is valid that is made with the secret, or for relayd's own TURN server. Peers get another when half of it is over."`
}

func (c *ICE) check(report func(key, why string)) {
	turn := false
	for _, url := range c.URLs {
		if err := ice.CheckURL(url); err != nil {
			report("urls", err.Error())
		}
		turn = turn || strings.HasPrefix(url, "turn")
	}
	if repeats(c.URLs) {
		report("urls", "has an entry twice")
	}
	switch {
	case c.SecretFile != "" && c.CredentialFile != "":
		report("credential_file", "cannot be set together with secret_file: the TURN servers accept one or the other")
	case turn && c.SecretFile == "" && c.CredentialFile == "":
		report("urls", "has a TURN server, which needs secret_file or credential_file")
	case !turn && c.SecretFile != "":
		report("secret_file", "is for TURN servers, and urls has none")
	case !turn && c.CredentialFile != "":
		report("credential_file", "is for TURN servers, and urls has none")
	}
}
