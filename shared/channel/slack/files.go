package slack

import (
	"mime"
	"net/url"
	"strconv"
	"strings"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/desk"
)

// askFirst begins the reference of a file whose address must be asked for.
const askFirst = "file:"

// files are a message's files, still at Slack.
func (p parser) files(given []file) []desk.Attachment {
	var out []desk.Attachment
	for _, f := range given {
		a := desk.Attachment{
			ID: strconv.Itoa(len(out)), Name: or(channel.Clean(f.Name), "file"), ContentType: channel.Clean(f.MimeType), Size: max(f.Size, 0),
			Usage: usage(f.MimeType), State: desk.PartPending,
		}
		address := channel.Clean(or(f.Download, f.URL))
		switch {
		case f.Mode == "tombstone":
			a.State, a.Reason = desk.PartRefused, "It was deleted at Slack."
		case f.Mode == "hidden_by_limit":
			a.State, a.Reason = desk.PartRefused, "Slack hides it: the workspace's plan keeps no older files."
		case f.External:
			a.State, a.Reason = desk.PartRefused, "It does not lie at Slack but at "+channel.Clean(f.URL)
		case f.Access == "check_file_info" && isFile(f.ID):
			a.Ref = askFirst + f.ID
		case isOurs(p.account, address):
			a.Ref = address
		default:
			a.State, a.Reason = desk.PartRefused, "Its address is none of Slack's."
		}
		out = append(out, a)
	}
	return out
}

// isFile tells a file's id, which becomes part of an address.
func isFile(id string) bool {
	return len(id) > 1 && id[0] == 'F' && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// isOurs tells the addresses that may get our token: Slack's, and those below the base that the admin set.
func isOurs(a channel.Account, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if base := strings.TrimRight(a.Settings["apiBase"], "/"); base != "" && strings.HasPrefix(address, base+"/") {
		return true
	}
	return u.Scheme == "https" && u.Port() == "" && (u.Host == "slack.com" || strings.HasSuffix(u.Host, ".slack.com"))
}

func usage(contentType string) desk.Usage {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch family, _, _ := strings.Cut(kind, "/"); family {
	case "image":
		return desk.UsageImage
	case "audio":
		return desk.UsageAudio
	case "video":
		return desk.UsageVideo
	}
	return desk.UsageFile
}
