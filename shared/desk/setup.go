package desk

import "time"

// InboxKind tells a plain inbox from a help desk, where every conversation has a ticket.
type InboxKind string

// The two kinds.
const (
	PlainInbox InboxKind = "INBOX"
	HelpDesk   InboxKind = "HELP_DESK"
)

// ReopenPolicy says what a message to a closed conversation does.
type ReopenPolicy string

// The policies. REOPEN_WITHIN reopens for Days days and begins a new one, linked to the old, after that.
const (
	Reopen       ReopenPolicy = "REOPEN"
	AlwaysNew    ReopenPolicy = "NEW"
	ReopenWithin ReopenPolicy = "REOPEN_WITHIN"
)

// Inbox is a place where conversations are worked on.
type Inbox struct {
	ID      InboxID     `json:"id"`
	Name    string      `json:"name"`
	Kind    InboxKind   `json:"kind"`
	Access  Access      `json:"access"`
	Slug    string      `json:"slug"` // local part of the fallback address
	Reopen  ReopenRule  `json:"reopen"`
	Spam    SpamRule    `json:"spam"`
	Options InboxOption `json:"opt,omitzero"`
	Version int64       `json:"v,omitempty"`
}

// Access says who works in an inbox: everyone, or the users and teams named.
type Access struct {
	Everyone bool     `json:"everyone"`
	UserIDs  []UserID `json:"userIds,omitempty"`
	TeamIDs  []TeamID `json:"teamIds,omitempty"`
}

// ReopenRule is the policy and, for REOPEN_WITHIN, the days.
type ReopenRule struct {
	Policy ReopenPolicy `json:"policy"`
	Days   int          `json:"days,omitempty"`
}

// SpamRule filters mail from role-based senders, but for those allowed (addresses or domains).
type SpamRule struct {
	RoleAddresses bool     `json:"roleAddresses"`
	Allow         []string `json:"allow,omitempty"`
}

// InboxOption holds settings that most inboxes leave alone.
type InboxOption struct {
	OnlyAssigneeReplies bool `json:"onlyAssignee,omitempty"`
	// KeepTickets switches off "a new ticket moves the conversation to the help desk"; HelpDesk is which one, the first
	// unless named.
	KeepTickets bool    `json:"keepTickets,omitempty"`
	HelpDesk    InboxID `json:"helpDesk,omitempty"`
}

// ChannelType names a kind of channel: "telegram", "email", "custom:<id>".
type ChannelType string

// Channel is one connected account of a channel type, in one inbox.
type Channel struct {
	ID       ChannelID         `json:"id"`
	Type     ChannelType       `json:"type"`
	Inbox    InboxID           `json:"inbox"`
	Name     string            `json:"name"`
	Active   bool              `json:"active"`
	Fallback bool              `json:"fallback,omitempty"` // born with its inbox, not deletable
	Account  map[string]string `json:"account,omitempty"`  // what the platform calls it; "id" is the platform's own id
	Settings map[string]string `json:"settings,omitempty"`
	Sealed   map[string]string `json:"sealed,omitempty"` // credentials, each sealed under the master key
	Routing  Routing           `json:"routing"`
	Ticket   TicketDefaults    `json:"ticket,omitzero"`
	Sender   SenderIdentity    `json:"sender,omitzero"`
	Hook     string            `json:"hook,omitempty"` // the address that the platform calls
	Health   Health            `json:"health,omitzero"`
	Custom   *CustomAccount    `json:"custom,omitempty"`
	Created  time.Time         `json:"t"`
	Deleted  bool              `json:"gone,omitempty"`
	Version  int64             `json:"v,omitempty"`
}

// CustomAccount is what a channel account of a custom channel has more.
type CustomAccount struct {
	Authorized bool   `json:"authorized"`
	Type       string `json:"type"`  // of the delivery identifier
	Value      string `json:"value"` // the account's own delivery identifier
	Archived   bool   `json:"archived,omitempty"`

	ArchivedAt time.Time `json:"archivedAt,omitzero"`
}

// AssignRule says whom new conversations go to.
type AssignRule string

// The rules.
const (
	AssignNobody       AssignRule = "NOBODY"
	AssignSpecific     AssignRule = "SPECIFIC"
	AssignContactOwner AssignRule = "CONTACT_OWNER"
	AssignSkills       AssignRule = "SKILLS"
)

// Routing is a channel's assignment rule. OnlyAvailable is on unless switched off.
type Routing struct {
	Assign        AssignRule `json:"assign"`
	UserIDs       []UserID   `json:"userIds,omitempty"`
	TeamIDs       []TeamID   `json:"teamIds,omitempty"`
	OnlyAvailable bool       `json:"onlyAvailable"`
	TakeBack      int        `json:"takeBack,omitempty"` // minutes after which an assignment is taken back when nothing happened; 0 is never
}

// TicketDefaults are what tickets of a channel begin with. In a help desk every conversation has one; elsewhere Create decides.
type TicketDefaults struct {
	Create     bool              `json:"create,omitempty"`
	Pipeline   PipelineID        `json:"pipelineId,omitempty"`
	Stage      StageID           `json:"stageId,omitempty"`
	Priority   Priority          `json:"priority,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
}

// SenderIdentity is how mail from a channel signs itself.
type SenderIdentity struct {
	FromName  string `json:"fromName,omitempty"` // AGENT_AND_COMPANY or COMPANY
	Company   string `json:"company,omitempty"`
	Address   string `json:"address,omitempty"`
	Signature string `json:"signatureHtml,omitempty"`
	// KeepForwarder switches off "the original sender of a forwarded mail is the contact".
	KeepForwarder bool `json:"keepForwarder,omitempty"`
}

// Health is what the last look at a channel found.
type Health struct {
	State     string    `json:"state,omitempty"` // OK, WARNING or BROKEN
	Detail    string    `json:"detail,omitempty"`
	CheckedAt time.Time `json:"checkedAt,omitzero"`
}

// StageState says what a stage means for the clock.
type StageState string

// The kinds of stages.
const (
	StageOpen    StageState = "OPEN"
	StageWaiting StageState = "WAITING"
	StageClosed  StageState = "CLOSED"
)

// Pipeline is an ordered row of stages.
type Pipeline struct {
	ID      PipelineID `json:"id"`
	Name    string     `json:"name"`
	Stages  []Stage    `json:"stages"`
	Version int64      `json:"v,omitempty"`
}

// Stage is one step of a pipeline.
type Stage struct {
	ID    StageID    `json:"id"`
	Name  string     `json:"name"`
	State StageState `json:"state"`
}

// Stage finds a stage by its id.
func (p Pipeline) Stage(id StageID) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

// First is the first stage of a kind; without one, the first stage of all.
func (p Pipeline) First(kind StageState) Stage {
	for _, s := range p.Stages {
		if s.State == kind {
			return s
		}
	}
	if len(p.Stages) == 0 {
		return Stage{}
	}
	return p.Stages[0]
}

// Permission is one thing that a role allows.
type Permission string

// The permissions.
const (
	PermAdmin          Permission = "admin"
	PermInboxesManage  Permission = "inboxes.manage"
	PermUsersManage    Permission = "users.manage"
	PermReply          Permission = "reply"
	PermBeAssigned     Permission = "beAssigned"
	PermTicketsDetach  Permission = "tickets.detach"
	PermMessagesHide   Permission = "messages.hide"
	PermDelete         Permission = "delete"
	PermExport         Permission = "export"
	PermCustomChannels Permission = "customChannels"
)

// Permissions are all there are, in the order of the documents.
func Permissions() []Permission {
	return []Permission{
		PermAdmin, PermInboxesManage, PermUsersManage, PermReply, PermBeAssigned, PermTicketsDetach,
		PermMessagesHide, PermDelete, PermExport, PermCustomChannels,
	}
}

// Role is a named set of permissions; "admin" includes every other.
type Role struct {
	ID          RoleID       `json:"id"`
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
	Builtin     bool         `json:"builtin,omitempty"`
	Version     int64        `json:"v,omitempty"`
}

// User is a person who works here.
type User struct {
	ID       UserID   `json:"id"`
	Email    string   `json:"email"`
	Name     string   `json:"name"`
	Role     RoleID   `json:"roleId"`
	Teams    []TeamID `json:"teamIds,omitempty"`
	Skills   []string `json:"skills,omitempty"`
	Capacity int      `json:"capacity,omitempty"` // open conversations at most; 0 is no limit
	Hours    string   `json:"hours,omitempty"`    // id of working hours; empty is always
	Active   bool     `json:"active"`
	Version  int64    `json:"v,omitempty"`
}

// Team is a group of users. Membership is kept on the users.
type Team struct {
	ID      TeamID `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"v,omitempty"`
}

// Presence is a user's own availability switch and load.
type Presence struct {
	User      UserID
	Available bool
	Until     time.Time // the switch falls back after this; zero is for good
	Switched  time.Time // when the switch was last turned
	Load      []ConversationID
	LastGiven time.Time // when something was last assigned automatically: round robin takes the oldest
	Work      string    // what the dispatcher hands on since the switch was turned; empty when that is done
	Version   int64
}

// CustomChannel is a registered custom channel: the channel type `custom:<ID>`.
type CustomChannel struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Description  string          `json:"descr,omitempty"`
	LogoURL      string          `json:"logo,omitempty"`
	WebhookURL   string          `json:"hook,omitempty"`
	ConnectURL   string          `json:"connect,omitempty"`
	Capabilities CustomAbilities `json:"caps"`
	SealedSecret string          `json:"sealed,omitempty"` // whsec_…, sealed
	Owner        string          `json:"owner,omitempty"`  // the API key that registered it
	Archived     bool            `json:"archived,omitempty"`
	CreatedAt    time.Time       `json:"t"`
	Version      int64           `json:"v,omitempty"`
}

// CustomAbilities are the declared capabilities of a custom channel, as on the wire.
type CustomAbilities struct {
	DeliveryIdentifierTypes        []string `json:"deliveryIdentifierTypes"`
	RichText                       []string `json:"richText"`
	ThreadingModel                 string   `json:"threadingModel"`
	AllowInlineImages              bool     `json:"allowInlineImages"`
	AllowOutgoingMessages          bool     `json:"allowOutgoingMessages"`
	AllowConversationStart         bool     `json:"allowConversationStart"`
	AllowMultipleRecipients        bool     `json:"allowMultipleRecipients"`
	OutgoingAttachmentTypes        []string `json:"outgoingAttachmentTypes"`
	AllowedFileAttachmentMimeTypes []string `json:"allowedFileAttachmentMimeTypes"`
	MaxFileAttachmentCount         int      `json:"maxFileAttachmentCount"`
	MaxFileAttachmentSizeBytes     int64    `json:"maxFileAttachmentSizeBytes"`
	MaxTotalFileAttachmentSize     int64    `json:"maxTotalFileAttachmentSizeBytes"`
}
