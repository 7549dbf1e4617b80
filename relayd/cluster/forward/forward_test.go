package forward

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// each runs a test without TLS and with it.
func each(t *testing.T, f func(t *testing.T, secure bool)) {
	t.Run("plain", func(t *testing.T) { f(t, false) })
	t.Run("TLS", func(t *testing.T) { f(t, true) })
}

func TestConnectionIsHandedOver(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		taken := make(chan net.Conn, 1)
		handed := make(chan *Handover, 1)
		edge, at := two(t, secure, func(_ context.Context, in *Incoming) {
			conn, err := in.Take()
			if err != nil {
				t.Error(err)
			}
			handed <- in.Handover
			taken <- conn
		})
		h := full()
		link, err := edge.Forward(t.Context(), at.Peer, h)
		require.NoError(t, err)
		h.From = home.Instance{Name: "north", Number: 1}
		require.Equal(t, h, <-handed)
		client, near := dial(t)
		done := make(chan struct{})
		link.Start(near, func() { close(done) })
		require.Equal(t, 1, edge.Forwards())
		conn := <-taken
		for _, way := range [][2]net.Conn{{client, conn}, {conn, client}} {
			_, err = way[0].Write([]byte("unchanged"))
			require.NoError(t, err)
			got := make([]byte, 9)
			require.NoError(t, way[1].SetReadDeadline(time.Now().Add(patience)))
			_, err = io.ReadFull(way[1], got)
			require.NoError(t, err)
			require.Equal(t, "unchanged", string(got))
		}
		require.NoError(t, client.CloseWrite())
		_, err = conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, conn.Close())
		_, err = client.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		<-done
		require.Zero(t, edge.Forwards())
	})
}
