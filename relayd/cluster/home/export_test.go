package home

// Access for the exploration, which keeps a visit's memory in its own compact form.

// Remember gives a visit the memory of an earlier one.
func (v *Visit) Remember(view *View, looks int8) { v.view, v.looks = view, looks }

// Looks returns how often a visit has looked.
func (v *Visit) Looks() int8 { return v.looks }
