package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/sebas642/intercessor/relayd/admin"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/metrics"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/sebas642/intercessor/web"
)

// operator is the admin listener. It is nil if there is none, and then nothing is measured.
type operator struct {
	listener net.Listener
	metrics  *metrics.Metrics
	token    []byte
}

func openOperator(c config.Admin) (*operator, error) {
	if c.Listen == "" {
		return nil, nil
	}
	token, err := readAdminToken(c)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", string(c.Listen))
	if err != nil {
		return nil, cannotListen(string(c.Listen), "--admin-listen", err)
	}
	return &operator{admin.Keep(listener), metrics.New(version()), token}, nil
}

func readAdminToken(c config.Admin) ([]byte, error) {
	if c.TokenFile == "" {
		return nil, nil
	}
	token, err := admin.ReadToken(string(c.TokenFile))
	if err != nil {
		return nil, fmt.Errorf("cannot use the file of admin.token_file: %w", err)
	}
	return token, nil
}

// watch returns the field Watch of the relay's configuration.
func (o *operator) watch() *relay.Watch {
	if o == nil {
		return nil
	}
	return o.metrics.Watch()
}

// looked returns what measures lookups in a cluster's directory.
func (o *operator) looked() func(time.Duration) {
	if o == nil {
		return nil
	}
	return o.metrics.Looked
}

func (o *operator) close() {
	if o != nil {
		_ = o.listener.Close()
	}
}

// serve answers requests until the context ends.
func (o *operator) serve(ctx context.Context, r *relay.Relay, own *turn.Server, nodes *cluster.Node, drain time.Duration, ready func() bool, end func(), log *slog.Logger) {
	o.metrics.Follow(r.Stats)
	set := admin.Config{
		Relay:   r,
		Cluster: nodes,
		Metrics: o.metrics.Handler(),
		Page:    web.Status(),
		Version: version(),
		Token:   o.token,
		Ready:   ready,
		End:     end,
		Drain:   drain,
	}
	if own != nil {
		set.TURN = own.Stats
	}
	pages := admin.New(set)
	server := newServer(pages, r.ErrorLog())
	log.Info("admin listener", "admin", o.listener.Addr().String(), "page", "http://"+o.listener.Addr().String()+"/")
	served := make(chan error, 1)
	go func() { served <- server.Serve(o.listener) }()
	pages.Run(ctx)
	_ = server.Close()
	<-served
}
