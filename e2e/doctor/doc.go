// Package doctor has no code. Its tests build set-ups that are broken in one way each, with real
// relays, proxies and networks, and require that the doctor names what is wrong.
package doctor
