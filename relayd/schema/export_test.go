package schema

// Doors for the tests.

// CompileUnwalked has the library compile what no walk has looked at.
func CompileUnwalked(document any) error {
	c := newCompiler(new(meter))
	if err := c.AddResource(location, document); err != nil {
		return err
	}
	_, err := c.Compile(location)
	return err
}

// ErrElsewhere is what a loader says that is asked for anything.
var ErrElsewhere = errElsewhere

// CheckUnread is Check for a value that decode has not looked at.
func (s *Set) CheckUnread(typ string, value any) error {
	c := <-s.free
	defer func() { s.free <- c }()
	c.meter.left = budget
	return c.schemas[typ].Validate(value)
}
