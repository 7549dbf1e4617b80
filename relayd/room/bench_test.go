package room_test

import (
	"fmt"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// BenchmarkThereAndBack is a message of the server's to a client and the client's
// answer. It costs the same however many clients there are, but for what a larger
// table does to the processor's caches.
func BenchmarkThereAndBack(b *testing.B) {
	for _, clients := range []int{1, 1_000, 10_000} {
		b.Run(fmt.Sprintf("%d-clients", clients), func(b *testing.B) {
			const server = "0b9bd2d4-9a3c-4f77-9d8e-2f6f8f0f2a11"
			r := room.New[int](server, 0, 0)
			r.ClaimServer(protocol.Order{}, false, false, 1)
			for i := range clients {
				id := fmt.Sprintf("%036d", i) // as long as those that the relay draws
				r.ClaimClient(protocol.ID(id), protocol.Order{}, false, true, 2+i)
			}
			there, back := fmt.Appendf(nil, "%036d", clients/2), []byte(server)
			client := r.Client(there)
			b.ReportAllocs()
			for b.Loop() {
				_, _, out := r.ToClient(1, there)
				_, _, in := r.ToServer(client, client.Conn, back)
				if !out || !in {
					b.Fatal("no way")
				}
			}
		})
	}
}
