package api

import (
	"context"
	"slices"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// Reason tells how an assignment, or its lack, came about.
type Reason struct {
	At         time.Time `json:"at"`
	Rule       string    `json:"rule" doc:"The rule that made it, in words, or who did it by hand."`
	Considered []Looked  `json:"considered" nullable:"false" doc:"Who was looked at."`
	More       int       `json:"more" doc:"How many more were looked at."`
	Chosen     *string   `json:"chosen" doc:"The id of the user; null when it went to nobody."`
	Note       string    `json:"note" doc:"What the thread tells."`
}

// Looked is a person who was looked at for an assignment.
type Looked struct {
	UserID  string  `json:"userId"`
	Name    string  `json:"name"`
	Skipped *string `json:"skipped" doc:"Why it didn't go to them; null for whom it went to."`
}

// mostEntries bounds how much of a thread is looked through: its newest entries.
const mostEntries = 1000

func (a *API) why(ctx context.Context, who *caller, in *ByID) (*reply[listOf[Reason]], error) {
	c, err := a.conversationOf(ctx, who, desk.ConversationID(in.ID))
	if err != nil {
		return nil, err
	}
	out := listOf[Reason]{Results: []Reason{}}
	before := desk.MessageKey("~")
	for read := 0; read < mostEntries; {
		found, more, err := a.Desk.Messages(ctx, c.ID, "", before, 100)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if read++; m.Key < before {
				before = m.Key
			}
			if m.Change != nil && slices.Contains([]string{"assigned", "waiting"}, m.Change.What) {
				out.Results = append(out.Results, reasonOf(who.cfg, m))
			}
		}
		if !more {
			break
		}
	}
	slices.SortStableFunc(out.Results, func(x, y Reason) int { return x.At.Compare(y.At) })
	return &reply[listOf[Reason]]{out}, nil
}

func reasonOf(cfg *desk.Config, m desk.Message) Reason {
	c := m.Change
	out := Reason{At: m.At.UTC(), Considered: []Looked{}, Chosen: some(c.To), Note: c.Note}
	switch {
	case c.Why != nil:
		out.Rule, out.More = c.Why.Rule, c.Why.More
		for _, x := range c.Why.Considered {
			out.Considered = append(out.Considered, Looked{string(x.User), cfg.Users[x.User].Name, some(skipped(x.Skipped))})
		}
	case m.Author.Kind == desk.BySystem:
		out.Rule = firstOf(c.Note, "automatic")
	default:
		out.Rule = "by hand: " + m.Author.Name
	}
	return out
}

func skipped(s desk.Skip) string {
	switch s {
	case "":
		return ""
	case desk.SkipGone:
		return "does not work here any more"
	case desk.SkipRole:
		return "the role has no permission beAssigned"
	case desk.SkipInbox:
		return "no member of the inbox"
	case desk.SkipSkill:
		return "lacks a skill that is needed"
	case desk.SkipBack:
		return "it was taken back from them"
	case desk.SkipAway:
		return "not available"
	case desk.SkipCapacity:
		return "has as many open conversations as they take"
	case desk.SkipTurn:
		return "another's turn came first"
	}
	return string(s)
}
