package resume

// Seal signs a statement of any bytes.
func Seal(key Key, statement []byte) string { return seal(key, statement) }

// Statement returns the bytes that Sign signs.
func Statement(id Identity) []byte { return appendStatement(nil, id) }

// KeyOf makes a key of known bytes.
func KeyOf(secret [32]byte) Key { return keyOf(secret[:]) }
