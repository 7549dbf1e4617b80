package config

import "github.com/sebas642/intercessor/relayd/access"

// Access configures admission. If it is empty, anyone may connect.
type Access struct {
	ServerPassphraseHashes []string   `key:"server_passphrase_hashes" secret:"yes" reload:"yes" keep:"yes" doc:"Hashes of the passphrases of servers, as relayd hash makes them. A server must present one. List two while you replace one; four at most."`
	ClientPassphraseHashes []string   `key:"client_passphrase_hashes" secret:"yes" reload:"yes" keep:"yes" doc:"The same for clients."`
	JWTIssuer              string     `key:"jwt_issuer" arg:"text" reload:"yes" keep:"yes" doc:"The claim iss that JSON Web Tokens of the application's backend must have. Servers and clients may present a token, also where a passphrase is configured. The optional claims role (server or client) and room (an ID) restrict it. A token must expire."`
	JWTAudience            string     `key:"jwt_audience" arg:"text" reload:"yes" keep:"yes" doc:"The claim aud that tokens must have."`
	JWKSFile               string     `key:"jwks_file" arg:"file" reload:"yes" doc:"The JSON Web Key Set with the public keys of tokens."`
	JWKSURL                URL        `key:"jwks_url" arg:"URL" reload:"yes" doc:"The address of that set, instead of a file: https, or http on this machine. relayd fetches it every quarter of an hour, and when a token names an unknown key."`
	JWTSecretFile          SecretFile `key:"jwt_secret_file" arg:"file" reload:"yes" doc:"A file with a secret of 32 bytes or more that is shared with the backend, for tokens signed with HS256. Without it such tokens are refused."`
	AuthorizeURL           URL        `key:"authorize_url" arg:"URL" reload:"yes" keep:"yes" doc:"The address of the backend that must allow every peer, after its passphrase or token was checked: https, or http on this machine. It must answer within 4 seconds."`
}

// ofClients reports whether a client needs more than the ID of its server.
func (a Access) ofClients() bool {
	return len(a.ClientPassphraseHashes) > 0 || a.JWKSFile != "" || a.JWKSURL != "" || a.JWTSecretFile != "" || a.AuthorizeURL != ""
}

func (a Access) check(report func(key, why string)) {
	if _, err := access.NewPassphrases(nil, a.ServerPassphraseHashes...); err != nil {
		report("server_passphrase_hashes", err.Error())
	}
	if _, err := access.NewPassphrases(nil, a.ClientPassphraseHashes...); err != nil {
		report("client_passphrase_hashes", err.Error())
	}
	for key, hashes := range map[string][]string{"server_passphrase_hashes": a.ServerPassphraseHashes, "client_passphrase_hashes": a.ClientPassphraseHashes} {
		if repeats(hashes) {
			report(key, "has a hash twice: name the one of the new passphrase and that of the old")
		}
	}
	tokens := a.JWKSFile != "" || a.JWKSURL != "" || a.JWTSecretFile != ""
	switch {
	case a.JWKSFile != "" && a.JWKSURL != "":
		report("jwks_url", "cannot be set together with jwks_file")
	case tokens && a.JWTIssuer == "":
		report("jwt_issuer", "must be there where tokens are taken: any token of that key's owner would be let in without it")
	case tokens && a.JWTAudience == "":
		report("jwt_audience", "must be there where tokens are taken: any token of that key's owner would be let in without it")
	case !tokens && a.JWTIssuer+a.JWTAudience != "":
		report("jwt_issuer", "needs the keys of tokens: jwks_file, jwks_url or jwt_secret_file")
	}
	if err := access.CheckURL(string(a.JWKSURL)); a.JWKSURL != "" && err != nil {
		report("jwks_url", err.Error())
	}
	if err := access.CheckURL(string(a.AuthorizeURL)); a.AuthorizeURL != "" && err != nil {
		report("authorize_url", err.Error())
	}
}
