package nat_test

// pageName is the key of a page's result.
func pageName(k kind) string { return k.name }
