package api

import (
	"net/http"
	"slices"

	"github.com/loket-desk/loket/shared/desk"
)

// rule is one call: where it is, what it answers with when it went well, and what it needs. A call that needs no
// permission is open to everybody who is known. What lies in an inbox has its access checked besides.
type rule struct {
	ID      string
	Method  string
	Path    string
	Status  int
	Needs   desk.Permission
	Tag     string
	Summary string
}

// also is a permission that does as well as the one that a call needs; empty for none. Integrations upload the files of
// the messages that they post.
func (r rule) also() desk.Permission {
	if r.ID == "createUpload" {
		return desk.PermCustomChannels
	}
	return ""
}

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	patch = http.MethodPatch
	del   = http.MethodDelete
)

// rules is the one table of all calls.
func rules() []rule {
	return slices.Concat(setupRules(), staffingRules(), workRules())
}

func setupRules() []rule {
	return []rule{
		{"me", get, "/v1/me", 200, "", "Me", "Who am I"},

		{"listInboxes", get, "/v1/inboxes", 200, "", "Inboxes", "List the inboxes I may read"},
		{"createInbox", post, "/v1/inboxes", 201, desk.PermInboxesManage, "Inboxes", "Create an inbox"},
		{"readInbox", get, "/v1/inboxes/{id}", 200, "", "Inboxes", "Read an inbox"},
		{"changeInbox", patch, "/v1/inboxes/{id}", 200, desk.PermInboxesManage, "Inboxes", "Change an inbox"},
		{"deleteInbox", del, "/v1/inboxes/{id}", 204, desk.PermInboxesManage, "Inboxes", "Delete an inbox that holds nothing"},

		{"listChannelTypes", get, "/v1/channel-types", 200, "", "Channels", "List what can be connected"},
		{"listChannels", get, "/v1/channels", 200, "", "Channels", "List the channels of the inboxes I may read"},
		{"createChannel", post, "/v1/channels", 201, desk.PermInboxesManage, "Channels", "Connect a channel"},
		{"readChannel", get, "/v1/channels/{id}", 200, "", "Channels", "Read a channel"},
		{"changeChannel", patch, "/v1/channels/{id}", 200, desk.PermInboxesManage, "Channels", "Change a channel, or connect it anew"},
		{"deleteChannel", del, "/v1/channels/{id}", 204, desk.PermInboxesManage, "Channels", "Delete a channel; its conversations stay"},
		{"testChannel", post, "/v1/channels/{id}/test", 200, desk.PermInboxesManage, "Channels", "Prove a channel's credentials against its platform"},
		{"verifyChannel", post, "/v1/channels/{id}/verification", 200, desk.PermInboxesManage, "Channels", "Have a code sent to a channel's own address, or give the one that came"},
		{"previewIdentity", get, "/v1/channels/{id}/identity/preview", 200, "", "Channels", "See how the next mail from a channel signs itself"},

		{"listUsers", get, "/v1/users", 200, "", "People", "List the people who work here"},
		{"createUser", post, "/v1/users", 201, desk.PermUsersManage, "People", "Add a person"},
		{"readUser", get, "/v1/users/{id}", 200, "", "People", "Read a person"},
		{"changeUser", patch, "/v1/users/{id}", 200, desk.PermUsersManage, "People", "Change a person"},
		{"deleteUser", del, "/v1/users/{id}", 204, desk.PermUsersManage, "People", "Remove a person; their open conversations become unassigned"},
		{"setAvailability", put, "/v1/users/{id}/availability", 200, "", "People", "Say whether a person takes new conversations: oneself, or anybody with users.manage"},
		{"readAvailability", get, "/v1/users/{id}/availability", 200, "", "People", "Read whether a person takes new conversations"},
		{"listTeams", get, "/v1/teams", 200, "", "People", "List the teams"},
		{"createTeam", post, "/v1/teams", 201, desk.PermUsersManage, "People", "Create a team"},
		{"readTeam", get, "/v1/teams/{id}", 200, "", "People", "Read a team"},
		{"changeTeam", patch, "/v1/teams/{id}", 200, desk.PermUsersManage, "People", "Rename a team"},
		{"deleteTeam", del, "/v1/teams/{id}", 204, desk.PermUsersManage, "People", "Delete a team that nothing names"},
		{"listRoles", get, "/v1/roles", 200, "", "People", "List the roles"},
		{"createRole", post, "/v1/roles", 201, desk.PermAdmin, "People", "Create a role"},
		{"readRole", get, "/v1/roles/{id}", 200, "", "People", "Read a role"},
		{"changeRole", patch, "/v1/roles/{id}", 200, desk.PermAdmin, "People", "Change a role"},
		{"deleteRole", del, "/v1/roles/{id}", 204, desk.PermAdmin, "People", "Delete a role that nobody has"},

		{"listPipelines", get, "/v1/pipelines", 200, "", "Pipelines", "List the pipelines"},
		{"createPipeline", post, "/v1/pipelines", 201, desk.PermAdmin, "Pipelines", "Create a pipeline"},
		{"readPipeline", get, "/v1/pipelines/{id}", 200, "", "Pipelines", "Read a pipeline"},
		{"changePipeline", patch, "/v1/pipelines/{id}", 200, desk.PermAdmin, "Pipelines", "Change a pipeline and its stages"},
		{"deletePipeline", del, "/v1/pipelines/{id}", 204, desk.PermAdmin, "Pipelines", "Delete a pipeline that holds nothing"},

		{"readJob", get, "/v1/jobs/{id}", 200, desk.PermInboxesManage, "Operation", "See how far background work has come"},
		{"listKeys", get, "/v1/keys", 200, desk.PermAdmin, "Keys", "List the API keys, without their secrets"},
		{"createKey", post, "/v1/keys", 201, desk.PermAdmin, "Keys", "Make an API key; it is shown once"},
		{"deleteKey", del, "/v1/keys/{id}", 204, desk.PermAdmin, "Keys", "Revoke an API key at once"},
		{"listFailures", get, "/v1/failures", 200, desk.PermAdmin, "Operation", "List what could not be processed"},
		{"readFailure", get, "/v1/failures/{id}", 200, desk.PermAdmin, "Operation", "Read what could not be processed, with its payload"},
		{"replayFailure", post, "/v1/failures/{id}/replay", 202, desk.PermAdmin, "Operation", "Put what failed back"},
		{"deleteFailure", del, "/v1/failures/{id}", 204, desk.PermAdmin, "Operation", "Delete what failed, with its payload"},
		{"health", get, "/v1/health", 200, desk.PermAdmin, "Operation", "How the stack is doing"},
		{"listAudit", get, "/v1/audit", 200, desk.PermAdmin, "Operation", "List who changed what in the set-up"},
	}
}

// staffingRules are the calls about who can do what, and when.
func staffingRules() []rule {
	var out []rule
	for _, s := range []struct{ path, one, many, tag, words string }{
		{"/v1/skills", "Skill", "Skills", "Skills", "skill"},
		{"/v1/skill-rules", "SkillRule", "SkillRules", "Skills", "rule about skills"},
		{"/v1/hours", "Hours", "AllHours", "Working hours", "week of working hours"},
		{"/v1/holidays", "Holidays", "AllHolidays", "Working hours", "calendar of days off"},
	} {
		out = append(out,
			rule{"list" + s.many, get, s.path, 200, "", s.tag, "List each " + s.words},
			rule{"create" + s.one, post, s.path, 201, desk.PermUsersManage, s.tag, "Create a " + s.words},
			rule{"read" + s.one, get, s.path + "/{id}", 200, "", s.tag, "Read a " + s.words},
			rule{"change" + s.one, patch, s.path + "/{id}", 200, desk.PermUsersManage, s.tag, "Change a " + s.words},
			rule{"delete" + s.one, del, s.path + "/{id}", 204, desk.PermUsersManage, s.tag, "Delete a " + s.words + " that nothing names"},
		)
	}
	return out
}

func workRules() []rule {
	return []rule{
		{"listConversations", get, "/v1/conversations", 200, "", "Conversations", "List conversations"},
		{"startConversation", post, "/v1/conversations", 201, desk.PermReply, "Conversations", "Start a conversation where the channel allows it"},
		{"readConversation", get, "/v1/conversations/{id}", 200, "", "Conversations", "Read a conversation"},
		{"changeConversation", patch, "/v1/conversations/{id}", 200, desk.PermReply, "Conversations", "Close, reopen, assign, rename, filter, trash or mark a conversation"},
		{"readWhy", get, "/v1/conversations/{id}/why", 200, "", "Conversations", "Read why it was assigned to whom, and who was passed over"},
		{"createConversationTicket", post, "/v1/conversations/{id}/ticket", 201, desk.PermReply, "Conversations", "Make a ticket of a conversation"},
		{"detachTicket", del, "/v1/conversations/{id}/ticket", 200, desk.PermTicketsDetach, "Conversations", "Take a conversation and its ticket apart"},
		{"listMessages", get, "/v1/conversations/{id}/messages", 200, "", "Messages", "Read a thread, oldest first"},
		{"createMessage", post, "/v1/conversations/{id}/messages", 201, desk.PermReply, "Messages", "Answer, or comment internally"},
		{"readMessage", get, "/v1/messages/{id}", 200, "", "Messages", "Read one message in full"},
		{"useSender", post, "/v1/messages/{id}/sender", 200, desk.PermReply, "Messages", "Say whose message a forwarded mail is"},
		{"forwardConversation", post, "/v1/conversations/{id}/forward", 201, desk.PermReply, "Conversations", "Forward a thread to somebody else, as a conversation of its own"},
		{"retryMessage", post, "/v1/messages/{id}/retry", 200, desk.PermReply, "Messages", "Send a message again that failed or whose fate is unknown"},
		{"readOriginal", get, "/v1/messages/{id}/original", 200, "", "Messages", "The raw mail or payload of a message"},
		{"readHTML", get, "/v1/messages/{id}/html", 200, "", "Messages", "A message's HTML, cleaned"},

		{"listContacts", get, "/v1/contacts", 200, "", "Contacts", "List contacts, or find one by address"},
		{"createContact", post, "/v1/contacts", 201, desk.PermReply, "Contacts", "Create a contact"},
		{"readContact", get, "/v1/contacts/{id}", 200, "", "Contacts", "Read a contact"},
		{"changeContact", patch, "/v1/contacts/{id}", 200, desk.PermReply, "Contacts", "Change a contact"},
		{"listContactConversations", get, "/v1/contacts/{id}/conversations", 200, "", "Contacts", "List a contact's conversations"},
		{"listContactTickets", get, "/v1/contacts/{id}/tickets", 200, "", "Contacts", "List a contact's tickets"},

		{"listTickets", get, "/v1/tickets", 200, "", "Tickets", "List tickets"},
		{"createTicket", post, "/v1/tickets", 201, desk.PermReply, "Tickets", "Create a ticket"},
		{"readTicket", get, "/v1/tickets/{id}", 200, "", "Tickets", "Read a ticket"},
		{"changeTicket", patch, "/v1/tickets/{id}", 200, desk.PermReply, "Tickets", "Change a ticket; a stage of the state CLOSED closes it"},
		{"createUpload", post, "/v1/uploads", 201, desk.PermReply, "Uploads", "Announce a file and get a form to upload it with"},
	}
}
