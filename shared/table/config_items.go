package table

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// The kinds of set-up items: the part of their sort key before the id.
const (
	kindInbox    = "INBOX"
	kindChannel  = "CHANNEL"
	kindUser     = "USER"
	kindTeam     = "TEAM"
	kindRole     = "ROLE"
	kindPipeline = "PIPELINE"
	kindCustom   = "CUSTOM"
	kindKeyName  = "KEY"

	kindSkill     = "SKILL"
	kindSkillRule = "SKILLRULE"
	kindHours     = "HOURS"
	kindHolidays  = "HOLIDAYS"
)

// decodeConfig puts one CONFIG item where it belongs in a snapshot under construction. Kinds it doesn't know are left out:
// key names and VERSION, and whatever a newer version of the product keeps here.
func decodeConfig(cfg *desk.Config, it item) error {
	kind, id, _ := strings.Cut(getStr(it, "sk"), "#")
	v := getNum(it, "v")
	switch kind {
	case kindInbox:
		x := desk.Inbox{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.InboxID(id), v
		cfg.Inboxes[x.ID] = x
		return err
	case kindChannel:
		x := desk.Channel{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.ChannelID(id), v
		cfg.Channels[x.ID] = x
		return err
	case kindUser:
		x := desk.User{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.UserID(id), v
		cfg.Users[x.ID] = x
		return err
	case kindTeam:
		x := desk.Team{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.TeamID(id), v
		cfg.Teams[x.ID] = x
		return err
	}
	return decodeConfigRest(cfg, it, kind, id, v)
}

func decodeConfigRest(cfg *desk.Config, it item, kind, id string, v int64) error {
	switch kind {
	case kindRole:
		x := desk.Role{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.RoleID(id), v
		cfg.Roles[x.ID] = x
		return err
	case kindPipeline:
		x := desk.Pipeline{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = desk.PipelineID(id), v
		cfg.Pipelines[x.ID] = x
		return err
	case kindCustom:
		x := desk.CustomChannel{}
		err := getDoc(it, "d", &x)
		x.ID, x.Version = id, v
		cfg.Custom[x.ID] = x
		return err
	}
	return decodeConfigOfWork(cfg, it, kind, id, v)
}

// entry is one thing of the set-up as it is to be written.
type entry struct {
	kind, id string
	version  int64    // as it was read; 0 makes a new one
	doc      any      // without its version, which is an attribute
	unique   []unique // what nothing else may have
	remove   bool
	others   []other // writes of other parts of the table that belong to it
}

// other is a write of another part of the table that is made together with one of the set-up, and what its refusal means.
type other struct {
	write   types.TransactWriteItem
	refusal error
}

func (e entry) key() key { return configKey(e.kind, e.id) }

// unique is a value that only one thing of the set-up may have, guarded by an item of its own.
type unique struct{ kind, value, taken string }

func (u unique) String() string { return u.kind + "#" + u.value }

func inboxEntry(x desk.Inbox) entry {
	e := entry{kind: kindInbox, id: string(x.ID), version: x.Version}
	e.unique = []unique{{"slug", strings.ToLower(x.Slug), "Another inbox has the address name " + x.Slug + "."}}
	x.Version = 0
	e.doc = x
	return e
}

func channelEntry(x desk.Channel) entry {
	e := entry{kind: kindChannel, id: string(x.ID), version: x.Version}
	if id := x.Account["id"]; id != "" && !x.Deleted {
		e.unique = append(e.unique, unique{"account", string(x.Type) + "#" + id, "This account is connected by another channel already."})
	}
	if a := x.Settings["address"]; x.Type == "email" && a != "" && !x.Deleted {
		e.unique = append(e.unique, unique{"mail", strings.ToLower(a), "The address " + a + " is connected by another channel already."})
	}
	x.Version = 0
	e.doc = x
	return e
}

func userEntry(x desk.User) entry {
	e := entry{kind: kindUser, id: string(x.ID), version: x.Version}
	e.unique = []unique{{"user", strings.ToLower(x.Email), "Another user has the address " + x.Email + "."}}
	x.Version = 0
	e.doc = x
	return e
}

func teamEntry(x desk.Team) entry {
	e := entry{kind: kindTeam, id: string(x.ID), version: x.Version}
	x.Version = 0
	e.doc = x
	return e
}

func roleEntry(x desk.Role) entry {
	e := entry{kind: kindRole, id: string(x.ID), version: x.Version}
	x.Version = 0
	e.doc = x
	return e
}

func pipelineEntry(x desk.Pipeline) entry {
	e := entry{kind: kindPipeline, id: string(x.ID), version: x.Version}
	x.Version = 0
	e.doc = x
	return e
}

func customEntry(x desk.CustomChannel) entry {
	e := entry{kind: kindCustom, id: x.ID, version: x.Version}
	x.Version = 0
	e.doc = x
	return e
}
