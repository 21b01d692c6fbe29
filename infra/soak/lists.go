package main

import (
	"context"
	"fmt"
)

// views are the lists that together hold every conversation once.
func views() []string { return []string{"open", "closed", "filtered", "trash"} }

// lists compares every entry of every list with its conversation and its thread.
func (w *world) lists(ctx context.Context, c content) (wrong []string, err error) {
	seen := map[string]string{}
	for _, view := range views() {
		listed, err := all[conversation](ctx, w, "/v1/conversations?limit=100&view="+view)
		if err != nil {
			return nil, err
		}
		for _, entry := range listed {
			if other := seen[entry.ID]; other != "" {
				wrong = append(wrong, fmt.Sprintf("%s is in the lists %s and %s", entry.ID, other, view))
			}
			seen[entry.ID] = view
			if entry.Place == "INBOX" && (view == "open") != (entry.Status == "OPEN") {
				wrong = append(wrong, fmt.Sprintf("%s is %s and in the list %s", entry.ID, entry.Status, view))
			}
			more, err := w.entry(ctx, entry, c)
			if err != nil {
				return nil, err
			}
			wrong = append(wrong, more...)
		}
	}
	for id := range c.heads {
		if seen[id] == "" {
			wrong = append(wrong, fmt.Sprintf("the conversation %s is in no list", id))
		}
		delete(seen, id)
	}
	for id := range seen {
		wrong = append(wrong, fmt.Sprintf("the list has %s, which is not there", id))
	}
	return wrong, nil
}

// entry compares one entry with the conversation as it is by itself, and with its messages.
func (w *world) entry(ctx context.Context, entry conversation, c content) (wrong []string, err error) {
	var one conversation
	if err := w.must(ctx, 200, "GET", "/v1/conversations/"+entry.ID, nil, &one); err != nil {
		return nil, err
	}
	if entry.Status != one.Status || entry.Preview != one.Preview || entry.Seen != one.Seen || (entry.WaitingSince == nil) != (one.WaitingSince == nil) {
		wrong = append(wrong, fmt.Sprintf("%s is %+v in its list, and %+v by itself", entry.ID, entry, one))
	}
	thread := c.messages[entry.ID]
	if len(thread) == 0 {
		return append(wrong, fmt.Sprintf("%s has no message", entry.ID)), nil
	}
	last := thread[len(thread)-1]
	if preview := numbered.FindString(entry.Preview); preview != last.text {
		wrong = append(wrong, fmt.Sprintf("%s shows %q, and its last message is %q", entry.ID, preview, last.text))
	}
	if entry.Status == "OPEN" && last.incoming != (entry.WaitingSince != nil) {
		wrong = append(wrong, fmt.Sprintf("%s: somebody waits: %t; the last message is the customer's: %t", entry.ID, entry.WaitingSince != nil, last.incoming))
	}
	helpDesk := entry.InboxID != "inbox"
	if n := c.tickets[entry.ID]; (helpDesk && (n != 1 || entry.Ticket == nil)) || n > 1 {
		wrong = append(wrong, fmt.Sprintf("%s has %d tickets, and shows %v", entry.ID, n, entry.Ticket))
	}
	return wrong, nil
}
