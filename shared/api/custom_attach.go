package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// The bounds of a message's attachments: how many, and the bytes of those that are data.
const (
	customAttachments = 50
	customDataBytes   = 64 << 10
)

// postedFile is an uploaded file of a message, and how it is meant.
type postedFile struct {
	at     int // where in the list of attachments
	upload string
	usage  desk.Usage
}

// attached is what any attachment may hold; each type has its own.
type attached struct {
	Type      string          `json:"type"`
	FileID    customID        `json:"fileId"`
	Usage     string          `json:"fileUsageType"`
	Latitude  *float64        `json:"latitude"`
	Longitude *float64        `json:"longitude"`
	Profile   json.RawMessage `json:"contactProfile"`
	Replies   []struct {
		Value string `json:"value"`
		Kind  string `json:"valueType"`
	} `json:"quickReplies"`
}

// attach reads the attachments. What is data is kept as it came; a type that we don't know is kept as unsupported.
func (b customPost) attach(p *posted, wrong *faults) {
	if len(b.Attachments) > customAttachments {
		wrong.add("attachments", fmt.Sprintf("are at most %d", customAttachments))
		return
	}
	size := 0
	for i, raw := range b.Attachments {
		at := fmt.Sprintf("attachments[%d]", i)
		var x attached
		if err := decodeCustom(raw, &x); err != nil {
			wrong.add(at, "can't be read: "+desk.Reason(err))
			continue
		}
		if x.Type == "FILE" {
			p.file(at, i, x, wrong)
			continue
		}
		var tight bytes.Buffer
		if err := json.Compact(&tight, raw); err != nil || !bytes.HasPrefix(tight.Bytes(), []byte("{")) {
			wrong.add(at, "is no object")
			continue
		}
		size += tight.Len()
		usage, words := x.data()
		if words != "" {
			wrong.add(at, words)
		}
		if usage == desk.UsageUnsupported && p.event.Unsupported == "" {
			p.event.Unsupported = unsupportedWords(x.Type)
			p.event.Payload = bytes.Clone(tight.Bytes())
		}
		p.event.Attachments = append(p.event.Attachments, desk.Attachment{ID: fmt.Sprint(i), Usage: usage, State: desk.PartInline, Data: tight.String()})
	}
	if size > customDataBytes {
		wrong.add("attachments", fmt.Sprintf("hold %d bytes of data; at most %d", size, customDataBytes))
	}
}

func unsupportedWords(kind string) string {
	switch kind {
	case "UNSUPPORTED_CONTENT":
		return "The sender's app sent something that the channel can't carry"
	case "":
		return "An attachment without a type"
	}
	return "An attachment of the type " + clipped(kind, 60)
}

// file notes a file to look up. A usage that we don't know is OTHER, and what the bytes are tells more anyway.
func (p *posted) file(at string, i int, x attached, wrong *faults) {
	if x.FileID == "" {
		wrong.add(at+".fileId", isRequired)
		return
	}
	p.files = append(p.files, postedFile{i, string(x.FileID), desk.Usage(x.Usage)})
}

// data says what an attachment without bytes is, and in words what is wrong with it.
func (x attached) data() (usage desk.Usage, wrong string) {
	switch x.Type {
	case "LOCATION":
		if x.Latitude == nil || x.Longitude == nil || math.Abs(*x.Latitude) > 90 || math.Abs(*x.Longitude) > 180 {
			wrong = "needs a latitude and a longitude in degrees"
		}
		return desk.UsageLocation, wrong
	case "CONTACT":
		if len(x.Profile) == 0 {
			wrong = "needs a contactProfile"
		}
		return desk.UsageContact, wrong
	case "QUICK_REPLIES":
		for _, r := range x.Replies {
			if r.Value == "" || r.Kind != "TEXT" && r.Kind != "URL" {
				wrong = "needs quickReplies with a value and a valueType of TEXT or URL each"
			}
		}
		return desk.UsageQuickReplies, wrong
	case "SOCIAL_MEDIA_METADATA":
		return desk.UsageSocial, ""
	case "MESSAGE_HEADER":
		return desk.UsageHeader, ""
	}
	return desk.UsageUnsupported, ""
}

// takeFiles looks at each uploaded file again, keeps it for good, and puts it where it stood among the attachments.
func (a *API) takeFiles(ctx context.Context, who *caller, p *posted) error {
	if len(p.files) == 0 {
		return nil
	}
	var ids []string
	for _, f := range p.files {
		ids = append(ids, f.upload)
	}
	uploads, err := a.files(ctx, who, ids, channel.Capabilities{Attachments: []channel.FileRule{{MaxSize: uploadLimit}}})
	if err != nil {
		return atFile(err, p.files)
	}
	kept, err := a.move(ctx, "", uploads)
	if err != nil {
		return err
	}
	for i, f := range p.files {
		k := kept[i]
		k.ID, k.Ref = fmt.Sprint(f.at), f.upload
		switch f.usage {
		case desk.UsageAudio, desk.UsageImage, desk.UsageSticker, desk.UsageVoice:
			k.Usage = f.usage
		}
		p.event.Attachments = append(p.event.Attachments, k)
	}
	slices.SortStableFunc(p.event.Attachments, func(x, y desk.Attachment) int { return number(x.ID) - number(y.ID) })
	return nil
}

func number(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// atFile says of a refusal about the n-th file where that file stands among the attachments.
func atFile(err error, files []postedFile) error {
	var wrong faults
	wrong.take("", err)
	for i := range wrong {
		for n, f := range files {
			if wrong[i].Location == fmt.Sprintf("attachments[%d]", n) {
				wrong[i].Location = fmt.Sprintf("attachments[%d].fileId", f.at)
				break
			}
		}
	}
	if len(wrong) == 0 || strings.TrimSpace(wrong[0].Message) == "" {
		return err
	}
	return wrong.refusal()
}
