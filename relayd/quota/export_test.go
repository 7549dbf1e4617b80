package quota

// SetMost bounds how many sources are known.
func (t *Table) SetMost(n int) { t.most = n }

// Known is how many are.
func (t *Table) Known() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sources)
}
