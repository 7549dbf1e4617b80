package link

// ring is a queue without allocation in the steady state: it grows by doubling and reuses
// its memory.
type ring[T any] struct {
	items []T // the length is 0 or a power of two
	first int // index in items of the oldest
	count int
}

func (q *ring[T]) len() int { return q.count }

// at returns the item i places after the oldest.
func (q *ring[T]) at(i int) *T { return &q.items[(q.first+i)&(len(q.items)-1)] }

func (q *ring[T]) push(item T) {
	if q.count == len(q.items) {
		grown := make([]T, max(8, 2*len(q.items)))
		for i := range q.count {
			grown[i] = *q.at(i)
		}
		q.items, q.first = grown, 0
	}
	q.count++
	*q.at(q.count - 1) = item
}

// pop removes the oldest item, and clears it for the garbage collector.
func (q *ring[T]) pop() T {
	item := *q.at(0)
	var none T
	*q.at(0) = none
	q.first = (q.first + 1) & (len(q.items) - 1)
	q.count--
	return item
}

// clear removes all items and frees their memory.
func (q *ring[T]) clear() { *q = ring[T]{} }
