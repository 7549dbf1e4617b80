package protocol

import "strconv"

// Error says that a peer broke a rule of the protocol. The relay closes the peer's
// connection with both fields.
type Error struct {
	// Code tells which rule was broken.
	Code Code

	// Reason is a sentence for the peer's author, at most MaxReason bytes long.
	// It contains nothing that the peer sent.
	Reason string
}

// Error returns the reason and the code's number.
func (e *Error) Error() string {
	return e.Reason + " (" + strconv.Itoa(int(e.Code)) + ")"
}

// fault is an error that the scanner found in a text. 0 means none.
type fault uint8

const (
	faultGrammar fault = iota + 1
	faultUTF8
	faultDepth
)

// at returns the error for a fault that begins at byte i (B37).
func (f fault) at(i int) *Error {
	switch f {
	case faultUTF8:
		return &Error{CodeInvalidText, "the text is not valid UTF-8 at byte " + strconv.Itoa(i)}
	case faultDepth:
		return &Error{CodeInvalidText, "objects and arrays nest deeper than " + strconv.Itoa(MaxDepth) + " at byte " + strconv.Itoa(i)}
	}
	return &Error{CodeMalformed, "the text is not the JSON that is expected here, at byte " + strconv.Itoa(i)}
}

func errRepeated(name string) *Error {
	return &Error{CodeRepeatedField, `field "` + name + `" is there more than once`}
}

func errMissing(name string) *Error {
	return &Error{CodeMissingField, `field "` + name + `" is missing`}
}

func errID(name string) *Error {
	return &Error{CodeInvalidField, `field "` + name + `" must be a string of 1 to 64 of the characters a-z, 0-9 and -`}
}

func errType() *Error {
	return &Error{CodeInvalidField, `the type must be a string of 1 to 64 visible ASCII characters`}
}

func errReserved() *Error {
	return &Error{CodeReservedType, "HELLO and types that begin with PEER_, RELAY_ or LINK_ are the relay's own"}
}

func errReservedV1() *Error {
	return &Error{CodeReservedType, "the type is reserved: LINK_ goes only to peers, RELAY_ only to the relay, and HELLO and PEER_ are the relay's own"}
}

func errLink() *Error {
	return errField("link", "an object of at most "+strconv.Itoa(MaxLink)+" bytes")
}

func errToken() *Error { return errField("resume", "unpadded base64url, as one string") }

// errField returns the error for a field that does not have its form.
func errField(name, must string) *Error {
	return &Error{CodeInvalidField, `field "` + name + `" must be ` + must}
}
