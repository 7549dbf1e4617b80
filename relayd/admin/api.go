package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/relay"
)

// maxKick is the longest kick, in seconds: a year.
const maxKick = 365 * 24 * 60 * 60

type roomJSON struct {
	Node    string `json:"node,omitempty"` // of a cluster
	Room    string `json:"room"`
	Open    int    `json:"openSeconds"`
	Server  string `json:"server"`
	Clients int    `json:"clients"`
	Away    int    `json:"clientsAway"`
}

type peerJSON struct {
	Peer     string `json:"peer"`
	Role     string `json:"role"`
	State    string `json:"state"`
	Protocol string `json:"protocol"`
}

func (a *Admin) listRooms(w http.ResponseWriter, _ *http.Request) {
	largest, total, silent := a.rooms.Rooms()
	shown := make([]roomJSON, 0, len(largest))
	for _, r := range largest {
		shown = append(shown, roomJSON{r.Node, r.Room, int(r.Open.Seconds()), state(r.Server), r.Clients, r.Away})
	}
	body := map[string]any{"total": total, "rooms": shown}
	if len(silent) > 0 {
		body["silentNodes"] = silent
	}
	answer(w, http.StatusOK, body)
}

func (a *Admin) listNodes(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"nodes": a.nodes()})
}

// nodes returns the nodes of the cluster; none if the relay is alone.
func (a *Admin) nodes() []cluster.Member {
	if a.config.Cluster == nil {
		return []cluster.Member{}
	}
	return a.config.Cluster.Members()
}

func (a *Admin) room(w http.ResponseWriter, r *http.Request) {
	peers, err := a.rooms.Peers(r.PathValue("room"))
	if err != nil {
		refuse(w, "the room", err)
		return
	}
	shown := make([]peerJSON, 0, len(peers))
	for _, p := range peers {
		shown = append(shown, peerJSON{p.Peer, role(p.Server), state(p.Here), speaks(p.V1)})
	}
	answer(w, http.StatusOK, map[string]any{"room": r.PathValue("room"), "peers": shown})
}

func (a *Admin) closeRoom(w http.ResponseWriter, r *http.Request) {
	if err := a.rooms.CloseRoom(r.PathValue("room")); err != nil {
		refuse(w, "the room", err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"closed": r.PathValue("room")})
}

func (a *Admin) kick(w http.ResponseWriter, r *http.Request) {
	by, seconds := r.URL.Query().Get("by"), 0
	var err error
	if text := r.URL.Query().Get("seconds"); text != "" {
		seconds, err = strconv.Atoi(text)
	}
	if err != nil || seconds < 0 || seconds > maxKick || by != "" && by != "source" && by != "subject" {
		fail(w, http.StatusBadRequest, "by must be source or subject, and seconds a number up to 31536000")
		return
	}
	if err := a.rooms.Kick(r.PathValue("peer"), by, time.Duration(seconds)*time.Second); err != nil {
		refuse(w, "the peer", err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"kicked": r.PathValue("peer")})
}

func (a *Admin) drain(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusAccepted, map[string]any{"drainSeconds": a.config.Drain.Seconds()})
	a.config.End()
}

// refuse answers with an error of the relay. It does not repeat the request's name, which may
// be an ID by mistake.
func refuse(w http.ResponseWriter, what string, err error) {
	status := http.StatusNotFound
	if !errors.Is(err, relay.ErrNobody) {
		status = http.StatusConflict
	}
	fail(w, status, what+" of this name "+err.Error())
}

func fail(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]any{"error": why})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the client has left
}

func state(here bool) string {
	if here {
		return "here"
	}
	return "away"
}

func role(server bool) string {
	if server {
		return "server"
	}
	return "client"
}

func speaks(v1 bool) string {
	if v1 {
		return protocol.SubprotocolV1
	}
	return "base"
}
