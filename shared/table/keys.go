package table

import (
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// The map of the table. Only this file spells keys.
//
//	what                                pk                               sk
//	configuration                       CONFIG                           INBOX#id CHANNEL#id USER#id TEAM#id ROLE#id PIPELINE#id CUSTOM#id
//	                                                                     SKILL#id SKILLRULE#id HOURS#id HOLIDAYS#id, VERSION
//	a value that only one may have      UNIQ#kind#value                  UNIQ           (an address, an account, a slug)
//	API key                             KEY#id                           KEY            (and CONFIG KEY#id, its name only, for the list)
//	contact                             CONTACT#id                       HEAD
//	a contact's conversations, tickets  CONTACT#id                       CONV#id, TICKET#id
//	a contact's identity                IDENT#kind#value                 IDENT
//	thread pointer                      THREAD#channel#thread value      OPEN
//	provider message id                 EXT#channel#message id           EXT
//	second copy of a mail in an inbox   EXT#rfc#inbox#hash               EXT
//	idempotency key of the API          EXT#api#hash                     EXT
//	conversation                        CONV#id                          HEAD
//	messages, comments, events          CONV#id                          MSG#ulid
//	who takes part (mail)               CONV#id                          PART#address
//	due work                            CONV#id, TICKET#id               DUE#what
//	ticket                              TICKET#id                        HEAD
//	ticket by number                    TICKETNO#n                       TICKETNO
//	counters                            COUNTER                          TICKET
//	waiting for an assignee             WAIT#pool                        since#conv
//	availability and load               USER#id                          PRESENCE       (USER#* is everybody: only work)
//	background work                     JOB#id                           JOB
//	failure                             FAILURE#day                      queue message id
//	audit                               AUDIT#day                        ulid
//	upload                              UPLOAD#id                        UPLOAD
//	a code to a mail address           VERIFY#channel                   VERIFY
//	done once                           DONE#kind#message#target         DONE
//	a connect flow's token              STAGING#hash                     STAGING
//	work done in line, by one at a time LEASE#hash                       LEASE
//	what an integration is told         CONV#hooks.channel               MSG#ulid       (sent as messages are)
//	what colleagues are told by mail    CONV#told.conversation           MSG#ulid       (sent as messages are)
//	last sweep and the like             STATE                            name
//	calls of a caller in a minute       RATE#hash                        seconds
//
// Indexes, all sparse:
//
//	gsi1 (g1, h1)  lists        inbox#view#shard | pipeline#open|closed#shard | contacts#shard | failures#shard, by activity
//	gsi2 (g2, h2)  one's work   user#open|closed, by waiting since
//	gsi3 (g3, h3)  due          what#shard (work, lease), by due time
//
// Attributes that mean the same everywhere: d (the rest as JSON), v (version, counts changes), q (work that the
// dispatcher hands on), ttl (when DynamoDB may delete it; also checked on read).
type key struct{ pk, sk string }

func (k key) attrs() item    { return item{"pk": str(k.pk), "sk": str(k.sk)} }
func (k key) String() string { return k.pk + "/" + k.sk }

// into begins an item with the key.
func (k key) item() item { return k.attrs() }

func keyOf(it item) key { return key{getStr(it, "pk"), getStr(it, "sk")} }

// short keeps a part of a key that comes from outside within bounds: over 200 bytes it is hashed.
func short(v string) string {
	if len(v) > 200 {
		return "~" + desk.Digest(v)
	}
	return v
}

// brief bounds a thread value tighter, since it also lies in every head.
func brief(v string) string {
	if len(v) > 128 {
		return "~" + desk.Digest(v)
	}
	return v
}

const configPK = "CONFIG"

func configKey(kind, id string) key { return key{configPK, kind + "#" + id} }
func versionKey() key               { return key{configPK, "VERSION"} }

// uniqueKey guards a value that only one thing of the set-up may have.
func uniqueKey(kind, value string) key {
	return key{"UNIQ#" + kind + "#" + short(value), "UNIQ"}
}

func auditKey(day, id string) key { return key{"AUDIT#" + day, id} }

func apiKeyKey(id desk.KeyID) key { return key{"KEY#" + string(id), "KEY"} }

func contactKey(id desk.ContactID) key { return key{"CONTACT#" + string(id), "HEAD"} }
func contactConversationKey(id desk.ContactID, c desk.ConversationID) key {
	return key{"CONTACT#" + string(id), "CONV#" + string(c)}
}

func contactTicketKey(id desk.ContactID, t desk.TicketID) key {
	return key{"CONTACT#" + string(id), "TICKET#" + string(t)}
}

func identityKey(i desk.Identity) key {
	return key{"IDENT#" + i.Kind + "#" + short(i.Value), "IDENT"}
}

func threadKey(ch desk.ChannelID, thread string) key {
	return key{"THREAD#" + string(ch) + "#" + brief(thread), "OPEN"}
}

func extKey(ch desk.ChannelID, id string) key {
	return key{"EXT#" + string(ch) + "#" + short(id), "EXT"}
}

func copyKey(inbox desk.InboxID, hash string) key {
	return key{"EXT#rfc#" + string(inbox) + "#" + short(hash), "EXT"}
}

// requestKey is where an idempotency key of the API is kept; caller and route are part of it.
func requestKey(caller, route, idem string) key {
	return key{"EXT#api#" + desk.Digest(caller, route, idem), "EXT"}
}

func conversationPK(id desk.ConversationID) string { return "CONV#" + string(id) }
func headKey(id desk.ConversationID) key           { return key{conversationPK(id), "HEAD"} }
func messageKey(id desk.ConversationID, k desk.MessageKey) key {
	return key{conversationPK(id), "MSG#" + string(k)}
}

func participantKey(id desk.ConversationID, address string) key {
	return key{conversationPK(id), "PART#" + short(strings.ToLower(address))}
}

// takeBackKey is where it lies that an assignment is taken back at a time.
func takeBackKey(id desk.ConversationID) key { return key{conversationPK(id), "DUE#takeback"} }

func jobKey(id string) key { return key{"JOB#" + id, "JOB"} }

func ticketKey(id desk.TicketID) key { return key{"TICKET#" + string(id), "HEAD"} }
func ticketNumberKey(n int64) key {
	return key{"TICKETNO#" + strconv.FormatInt(n, 10), "TICKETNO"}
}

func ticketCounterKey() key { return key{"COUNTER", "TICKET"} }

func waitPK(pool string) string { return "WAIT#" + pool }

func presenceKey(id desk.UserID) key { return key{"USER#" + string(id), "PRESENCE"} }

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func failureKey(day, message string) key { return key{"FAILURE#" + day, message} }
func uploadKey(id desk.UploadID) key {
	return key{"UPLOAD#" + string(id), "UPLOAD"}
}

func verificationKey(id desk.ChannelID) key {
	return key{"VERIFY#" + string(id), "VERIFY"}
}

func stagingKey(token string) key { return key{"STAGING#" + desk.Digest(token), "STAGING"} }
func leaseKey(name string) key    { return key{"LEASE#" + desk.Digest(name), "LEASE"} }

func stateKey(name string) key { return key{"STATE", name} }

func rateKey(caller string, minute time.Time) key {
	return key{"RATE#" + desk.Digest(caller), strconv.FormatInt(minute.Unix(), 10)}
}

// workShard is the one shard of the work index, where saved work waits to be seen picked up.
const workShard = "work#0"
