package mailroom

import "context"

// newsParts are what SES's news of a mail says beside the mail, one of them each.
type newsParts struct{}

func (w wire) kind() string { return w.EventType }

func (s *Stage) told(context.Context, wire) error { return nil }
