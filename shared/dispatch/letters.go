package dispatch

import (
	"encoding/json"

	"github.com/loket-desk/loket/shared/desk"
)

// Letters turns a saved change into the queue messages that hand its work on: none when the work was handed on before.
// A replay's body is the failure's payload, which the caller has loaded. An error is about this change only.
func Letters(s desk.Saved) ([]desk.Letter, error) {
	if !s.Fresh() {
		return nil, nil
	}
	switch desk.WorkVerb(s.Work) {
	case desk.WorkSend:
		kind := desk.SendMessage
		if s.Message.Kind == desk.KindEvent { // what an integration or a colleague is told
			kind = desk.CallHook
			if c := s.Message.Change; c != nil && c.What == desk.OwnerTold {
				kind = desk.TellOwner
			}
		}
		return one(desk.QueueOutbound, desk.Digest("out", string(s.Channel), s.Message.Thread), s, desk.OutboundJob{
			Kind: kind, Conversation: s.Conversation, Message: s.Message.Key, Channel: s.Channel,
		})
	case desk.WorkMedia:
		return media(s)
	case desk.WorkOpen:
		return one(desk.QueueTickets, desk.Pool(s.Channel), s, desk.TicketJob{
			Kind: desk.JobOpen, Conversation: s.Conversation, Pool: desk.Pool(s.Channel),
		})
	case desk.WorkDrain:
		return one(desk.QueueTickets, desk.Digest("user", string(s.User)), s, desk.TicketJob{Kind: desk.JobDrain, User: s.User})
	case desk.WorkTake:
		return one(desk.QueueTickets, desk.Pool(s.Channel), s, desk.TicketJob{Kind: desk.JobTake, Conversation: s.Conversation, Pool: desk.Pool(s.Channel)})
	case desk.WorkJob:
		return one(desk.QueueTickets, desk.Digest("job", s.Job), s, desk.TicketJob{Kind: desk.JobStep, Job: s.Job})
	case desk.WorkReplay:
		return replay(s)
	}
	return nil, desk.Refuse(desk.Unsupported, "Nobody does the work \""+s.Work+"\".")
}

func one(queue, group string, s desk.Saved, body any) ([]desk.Letter, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, desk.Refuse(desk.Internal, "The work could not be written down.").Because(err)
	}
	return []desk.Letter{{Queue: queue, Group: group, Dedup: desk.Digest(s.Item, s.Work), Body: raw}}, nil
}

// media makes a letter for each pending part, all in the message's own group: a large file holds up no conversation.
// A message that has none left gets one letter without a part, so that its mark is cleared.
func media(s desk.Saved) ([]desk.Letter, error) {
	pending := s.Message.Pending()
	if len(pending) == 0 {
		pending = []desk.Attachment{{}}
	}
	group := desk.Digest("media", string(s.Message.ID()))
	var out []desk.Letter
	for _, part := range pending {
		letters, err := one(desk.QueueOutbound, group, s, desk.OutboundJob{
			Kind: desk.FetchMedia, Conversation: s.Conversation, Message: s.Message.Key, Part: part.ID, Channel: s.Channel,
		})
		if err != nil {
			return nil, err
		}
		letters[0].Dedup = desk.Digest(s.Item, s.Work, part.ID)
		out = append(out, letters...)
	}
	return out, nil
}

// largest is the most a queue takes in one message, less room for its attributes.
const largest = 1<<20 - 4<<10

// replay puts a failure's payload back where it failed, under a new deduplication id. An inbound event is marked as put
// back, so that its own unfinished claim is no reason to call it a duplicate.
func replay(s desk.Saved) ([]desk.Letter, error) {
	f := s.Failure
	body := f.Payload
	switch f.Stage {
	case desk.QueueInbound:
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(body, &fields); err != nil {
			return nil, desk.Refuse(desk.Malformed, "The payload is no event and can't be put back.").Because(err)
		}
		fields["replay"] = json.RawMessage(`"` + desk.Digest(string(f.ID), s.Work)[:20] + `"`)
		marked, err := json.Marshal(fields)
		if err != nil {
			return nil, desk.Refuse(desk.Internal, "The payload could not be marked as put back.").Because(err)
		}
		body = marked
	case desk.QueueMail, desk.QueueTickets, desk.QueueOutbound:
	default:
		return nil, desk.Refuse(desk.Unsupported, "Nothing reads a queue named \""+f.Stage+"\".")
	}
	if len(body) > largest {
		return nil, desk.Refuse(desk.TooLarge, "The payload is too large for a queue message.")
	}
	letter := desk.Letter{Queue: f.Stage, Group: f.Group, Dedup: desk.Digest(s.Item, s.Work), Body: body}
	switch {
	case f.Stage == desk.QueueMail: // not a FIFO queue
		letter.Group, letter.Dedup = "", ""
	case letter.Group == "":
		letter.Group = desk.Digest("replay", string(f.ID))
	}
	return []desk.Letter{letter}, nil
}
