package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loket-desk/loket/shared/desk"
	"github.com/loket-desk/loket/shared/table/tabletest"
)

func TestAPostedMessageIsFiledWhileTheProgramWaits(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	a := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", "Where is my parcel?", `"richText":"<b>Where</b> is my parcel?"`))
	if a.Status != 201 || a.text("type") != "MESSAGE" || a.text("channelId") != p.id || a.text("channelAccountId") != p.account || a.text("direction") != "INCOMING" ||
		a.text("text") != "Where is my parcel?" || a.text("richText") != "<b>Where</b> is my parcel?" || a.text("status.statusType") != "RECEIVED" ||
		a.text("truncationStatus") != "NOT_TRUNCATED" || a.text("client.clientType") != "INTEGRATION" || a.at("archived") != false ||
		a.text("createdAt") != "2026-11-24T10:00:00Z" || a.text("senders.0.deliveryIdentifier.value") != "ada" || a.text("senders.0.name") != "Ada" {
		t.Errorf("the answer: %s", a.Raw)
	}
	if again := s.ok(p.key, "GET", p.at("/messages/"+a.text("id")), ""); again.Raw != a.Raw {
		t.Errorf("read again: %s\nfirst: %s", again.Raw, a.Raw)
	}
	c := s.ok(s.admin, "GET", "/v1/conversations/"+a.text("conversationsThreadId"), "")
	if c.text("channelType") != "custom:"+p.id || c.text("contact.name") != "Ada" || c.text("preview") != "Where is my parcel?" || c.text("status") != "OPEN" {
		t.Errorf("the conversation: %s", c.Raw)
	}
	if list := s.ok(s.admin, "GET", "/v1/conversations?view=open&channelType=custom:"+p.id, ""); list.count("results") != 1 {
		t.Errorf("by its channel: %s", list.Raw)
	}
}

func TestOneIdempotencyIdIsOneMessageHoweverOftenAndHoweverManyAtOnce(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	body := p.message("ada", "once", `"integrationIdempotencyId":"evt-1"`)
	answers := make([]answer, 6)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Add(1)
		go func() { defer wait.Done(); answers[i] = s.call(p.key, "POST", p.at("/messages"), body) }()
	}
	wait.Wait()
	made := 0
	for _, a := range answers {
		if a.Status == 201 {
			made++
		} else if a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		if a.text("id") != answers[0].text("id") {
			t.Errorf("another message: %s", a.Raw)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	later := s.call(p.key, "POST", p.at("/messages"), p.message("ada", "another text", `"integrationIdempotencyId":"evt-1"`))
	if later.Status != 200 || later.text("text") != "once" {
		t.Errorf("the same id again: %d %s", later.Status, later.Raw)
	}
	thread := s.ok(s.admin, "GET", "/v1/conversations/"+answers[0].text("conversationsThreadId")+"/messages", "")
	if thread.count("results") != 1 {
		t.Errorf("the thread: %s", thread.Raw)
	}
	other := p.connect("other", "Other")
	elsewhere := strings.ReplaceAll(body, p.account, other)
	if a := s.call(p.key, "POST", p.at("/messages"), elsewhere); a.Status != 201 {
		t.Errorf("the same id at another account: %d %s", a.Status, a.Raw)
	}
}

func TestMessagesOfANewThreadAtOnceAreOneConversation(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	ids := make([]string, 8)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Add(1)
		go func() {
			defer wait.Done()
			a := s.call(p.key, "POST", p.at("/messages"), p.message("ada", fmt.Sprint("message ", i)))
			for range 3 { // a program tries again what was too busy
				if a.Status == 503 {
					a = s.call(p.key, "POST", p.at("/messages"), p.message("ada", fmt.Sprint("message ", i)))
				}
			}
			if a.Status == 201 {
				ids[i] = a.text("conversationsThreadId")
			} else {
				t.Errorf("%d %s", a.Status, a.Raw)
			}
		}()
	}
	wait.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("the conversations: %v", ids)
			break
		}
	}
	if thread := s.ok(s.admin, "GET", "/v1/conversations/"+ids[0]+"/messages?limit=100", ""); thread.count("results") != len(ids) {
		t.Errorf("the thread: %s", thread.Raw)
	}
}

func TestThreadsAreTheProgramsOrTheOtherPartys(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	post := func(p *integration, from, thread string) string {
		t.Helper()
		return s.ok(p.key, "POST", p.at("/messages"), strings.ReplaceAll(p.message(from, "hi"), "thread of "+from, thread)).text("conversationsThreadId")
	}
	long := strings.Repeat("t", 500)
	if a, b, c := post(p, "ada", "t1"), post(p, "grace", "t1"), post(p, "ada", "t2"); a != b || a == c {
		t.Errorf("by the program's id: %s %s %s", a, b, c)
	}
	if a, b := post(p, "ada", long), post(p, "ada", long+"x"); a == b {
		t.Errorf("two long ids are one thread: %s", a)
	}
	q := s.register(strings.ReplaceAll(abilities, "INTEGRATION_THREAD_ID", "DELIVERY_IDENTIFIER"))
	if a, b, c := post(q, "ada", "t1"), post(q, "ada", "t2"), post(q, "grace", "t1"); a != b || a == c {
		t.Errorf("by the other party: %s %s %s", a, b, c)
	}
}

func TestMailAddressesAndNumbersAreTheContactsOwn(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	contact := s.ok(s.admin, "POST", "/v1/contacts", `{"name":"Grace Hopper","emails":[{"address":"grace@example.com"}],"phones":["+31201234567"]}`).text("id")
	for value, kind := range map[string]string{"Grace@Example.com": "HS_EMAIL_ADDRESS", "+31 20 123-4567": "HS_PHONE_NUMBER"} {
		body := strings.ReplaceAll(p.message(value, "hi "+kind), `"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"`+value, `"type":"`+kind+`","value":"`+value)
		a := s.ok(p.key, "POST", p.at("/messages"), body)
		if c := s.ok(s.admin, "GET", "/v1/conversations/"+a.text("conversationsThreadId"), ""); c.text("contact.id") != contact {
			t.Errorf("%s: %s", kind, c.Raw)
		}
	}
	for i, more := range []string{`"associateWithContactId":"` + contact + `"`, `"preResolvedContacts":{"contacts":[{"contactVid":"` + contact + `"}]}`} {
		a := s.ok(p.key, "POST", p.at("/messages"), p.message(fmt.Sprint("nick", i), "it's me", more))
		if c := s.ok(s.admin, "GET", "/v1/conversations/"+a.text("conversationsThreadId"), ""); c.text("contact.id") != contact {
			t.Errorf("%s: %s", more, c.Raw)
		}
	}
	p.refusedAs(400, "VALIDATION_ERROR", "associateWithContactId", p.key, "POST", p.at("/messages"), p.message("nobody", "hi", `"associateWithContactId":12345`))
}

func TestAMessageThatIsWrongIsRefusedFieldByField(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	good := p.message("ada", "hi")
	for field, change := range map[string][2]string{
		"text":                               {`"text":"hi",`, ``},
		"timestamp":                          {`"timestamp":"2026-11-24T10:00:00Z"`, `"timestamp":"yesterday"`},
		"messageDirection":                   {`INCOMING`, `SIDEWAYS`},
		"channelAccountId":                   {p.account, `none`},
		"senders":                            {`"senders":[{"name":"Ada","deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"}}]`, `"senders":[]`},
		"recipients":                         {`"recipients"`, `"rest"`},
		"integrationThreadId":                {`"integrationThreadId":"thread of ada"`, `"integrationThreadId":""`},
		"senders[0].deliveryIdentifier":      {`,"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"}`, ``},
		"senders[0].deliveryIdentifier.type": {`"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"`, `"PIGEON","value":"ada"`},
		"integrationIdempotencyId":           {`"attachments":[]`, `"integrationIdempotencyId":"` + strings.Repeat("x", 300) + `"`},
		"inReplyToId":                        {`"attachments":[]`, `"inReplyToId":"no-message"`},
		"attachments[0]":                     {`"attachments":[]`, `"attachments":["x"]`},
		"attachments[0].fileId":              {`"attachments":[]`, `"attachments":[{"type":"FILE"}]`},
		"attachments":                        {`"attachments":[]`, `"attachments":[{"type":"OTHER","x":"` + strings.Repeat("x", 70<<10) + `"}]`},
	} {
		if !strings.Contains(good, change[0]) {
			t.Fatalf("%s: nothing to change", field)
		}
		p.refusedAs(400, "VALIDATION_ERROR", field, p.key, "POST", p.at("/messages"), strings.ReplaceAll(good, change[0], change[1]))
	}
	empty := p.refusedAs(400, "VALIDATION_ERROR", "text", p.key, "POST", p.at("/messages"), strings.ReplaceAll(good, `"text":"hi"`, `"text":" "`))
	if !strings.Contains(empty.Raw, "attachment") {
		t.Errorf("an empty message: %s", empty.Raw)
	}
	all := p.refusedAs(400, "VALIDATION_ERROR", "senders", p.key, "POST", p.at("/messages"), `{}`)
	if all.count("errors") < 5 {
		t.Errorf("an empty body: %s", all.Raw)
	}
	s.ok(s.admin, "PATCH", "/v1/channels/"+p.account, `{"active":false}`)
	p.refusedAs(400, "VALIDATION_ERROR", "channelAccountId", p.key, "POST", p.at("/messages"), good)
}

func TestAReplySentElsewhereIsLoggedAndNotSent(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	in := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", "hello?"))
	out := strings.NewReplacer("INCOMING", "OUTGOING", `"value":"ada"`, `"value":"desk"`, `"value":"desk"`, `"value":"ada"`, `"name":"Ada"`, `"name":"Bob","senderActorId":"A-1"`).Replace(p.message("ada", "Answered by phone."))
	a := s.ok(p.key, "POST", p.at("/messages"), out)
	if a.Status != 201 || a.text("direction") != "OUTGOING" || a.text("status.statusType") != "SENT" || a.text("conversationsThreadId") != in.text("conversationsThreadId") {
		t.Fatalf("logged: %d %s", a.Status, a.Raw)
	}
	m := s.ok(s.admin, "GET", "/v1/messages/"+a.text("id"), "")
	if m.text("author.name") != "Bob" || m.text("status.state") != "SENT" {
		t.Errorf("the agent sees %s", m.Raw)
	}
	c := s.ok(s.admin, "GET", "/v1/conversations/"+a.text("conversationsThreadId"), "")
	if c.at("waitingSince") != nil || c.text("contact.name") != "Ada" {
		t.Errorf("the conversation still waits: %s", c.Raw)
	}
	first := s.ok(p.key, "POST", p.at("/messages"), strings.ReplaceAll(strings.ReplaceAll(out, "thread of ada", "new thread"), "Answered", "Called"))
	if c := s.ok(s.admin, "GET", "/v1/conversations/"+first.text("conversationsThreadId"), ""); c.text("status") != "OPEN" || c.at("unread") != false {
		t.Errorf("a conversation that we began: %s", c.Raw)
	}
	p.refusedAs(400, "VALIDATION_ERROR", "recipients", p.key, "POST", p.at("/messages"), strings.ReplaceAll(out, `"recipients":[{"deliveryIdentifier":{"type":"CHANNEL_SPECIFIC_OPAQUE_ID","value":"ada"}}]`, `"recipients":[]`))
}

func TestAFilingThatWasCutShortIsBroughtToItsEndByTheSameIdAgain(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	for after := 1; after < 16; after++ {
		body := p.message(fmt.Sprint("ada", after), "cut", fmt.Sprintf(`"integrationIdempotencyId":"cut-%d"`, after))
		cut := &tabletest.Cut{After: 2 + after}
		broken := s.cutAt(cut)
		first := broken.call(p.key, "POST", p.at("/messages"), body)
		again := s.afterLeases().call(p.key, "POST", p.at("/messages"), body)
		if again.Status != 201 && again.Status != 200 {
			t.Fatalf("after %d requests: first %d, then %d %s", after, first.Status, again.Status, again.Raw)
		}
		c := s.ok(s.admin, "GET", "/v1/conversations/"+again.text("conversationsThreadId"), "")
		thread := s.ok(s.admin, "GET", "/v1/conversations/"+again.text("conversationsThreadId")+"/messages", "")
		if thread.count("results") != 1 || c.text("preview") != "cut" || c.at("unread") != true {
			t.Errorf("after %d requests: %s %s", after, c.Raw, thread.Raw)
		}
	}
}

func TestEveryKindOfAttachmentIsKeptAndShown(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	file := p.upload("pager.png", "image/png", "\x89PNG\r\n\x1a\n and more")
	kinds := []string{
		`{"type":"LOCATION","latitude":52.37,"longitude":4.89,"name":"Dam"}`, `{"type":"FILE","fileId":"` + file + `","fileUsageType":"STICKER"}`,
		`{"type":"CONTACT","contactProfile":{"name":{"firstName":"Ada"}}}`, `{"type":"QUICK_REPLIES","quickReplies":[{"value":"yes","valueType":"TEXT","label":"Yes"}]}`,
		`{"type":"SOCIAL_MEDIA_METADATA","url":"https://example.com/post"}`, `{"type":"MESSAGE_HEADER","text":"Order 12"}`, `{"type":"UNSUPPORTED_CONTENT"}`, `{"type":"HOLOGRAM","depth":3}`,
	}
	body := strings.ReplaceAll(p.message("ada", ""), `"attachments":[]`, `"attachments":[`+strings.Join(kinds, ",")+`]`)
	a := s.ok(p.key, "POST", p.at("/messages"), body)
	for i, want := range []string{"LOCATION", "FILE", "CONTACT", "QUICK_REPLIES", "SOCIAL_MEDIA_METADATA", "MESSAGE_HEADER", "UNSUPPORTED_CONTENT", "HOLOGRAM"} {
		if got := a.text(fmt.Sprintf("attachments.%d.type", i)); got != want {
			t.Errorf("attachment %d is %s: %s", i, got, a.Raw)
		}
	}
	if a.text("attachments.1.fileId") != file || a.text("attachments.1.url") == "" || a.text("attachments.1.fileUsageType") != "STICKER" || a.text("attachments.7.depth") != "3" {
		t.Errorf("the file: %s", a.Raw)
	}
	m := s.ok(s.admin, "GET", "/v1/messages/"+a.text("id"), "")
	var usages []string
	for i := range kinds {
		usages = append(usages, m.text(fmt.Sprintf("attachments.%d.usage", i)))
	}
	if got := strings.Join(usages, " "); got != "LOCATION STICKER CONTACT QUICK_REPLIES SOCIAL_MEDIA_METADATA MESSAGE_HEADER UNSUPPORTED_CONTENT UNSUPPORTED_CONTENT" {
		t.Errorf("the agent sees %s", got)
	}
	if m.text("unsupported") == "" || !strings.Contains(m.text("attachments.1.url"), "media/") {
		t.Errorf("the agent sees %s", m.Raw)
	}
	other := s.register(abilities)
	p.refusedAs(400, "VALIDATION_ERROR", "attachments[1].fileId", other.key, "POST", p.at("/messages"), body) // somebody else's upload
	lie := p.upload("pager.png", "image/png", "<html>no picture</html>")
	p.refusedAs(400, "VALIDATION_ERROR", "attachments[1].fileId", p.key, "POST", p.at("/messages"), strings.ReplaceAll(body, file, lie))
	for _, bad := range []string{`{"type":"LOCATION","latitude":91,"longitude":0}`, `{"type":"CONTACT"}`, `{"type":"QUICK_REPLIES","quickReplies":[{"value":"x"}]}`} {
		p.refusedAs(400, "VALIDATION_ERROR", "attachments[0]", p.key, "POST", p.at("/messages"), strings.ReplaceAll(p.message("ada", ""), `"attachments":[]`, `"attachments":[`+bad+`]`))
	}
}

// upload announces a file as the program and puts its bytes where they belong.
func (p *integration) upload(name, kind, content string) string {
	p.t.Helper()
	id := p.ok(p.key, "POST", "/v1/uploads", fmt.Sprintf(`{"name":%q,"contentType":%q,"size":%d}`, name, kind, len(content))).text("id")
	p.files.held["uploads/"+id] = []byte(content)
	return id
}

func TestALongTextIsKeptWhole(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	long := strings.Repeat("é long ", 20000)
	a := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", long))
	if a.text("text") != long || a.text("truncationStatus") != "NOT_TRUNCATED" {
		t.Errorf("%d bytes came back", len(a.text("text")))
	}
	if m := s.ok(s.admin, "GET", "/v1/messages/"+a.text("id"), ""); m.text("text") != long {
		t.Errorf("the agent sees %d bytes", len(m.text("text")))
	}
}

func TestAProgramReportsWhatBecameOfAReply(t *testing.T) {
	s := newStack(t)
	p := s.register(abilities)
	in := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", "hello?"))
	reply := func() string {
		return s.ok(s.admin, "POST", "/v1/conversations/"+in.text("conversationsThreadId")+"/messages", `{"text":"Hi!"}`).text("id")
	}
	id := reply()
	m := s.ok(p.key, "GET", p.at("/messages/"+id), "")
	if m.text("status.statusType") != "SENT" || m.text("recipients.0.deliveryIdentifier.value") != "ada" || m.text("senders.0.deliveryIdentifier.value") != "+3120000001" ||
		!strings.HasPrefix(m.text("senders.0.actorId"), "A-") || m.text("client.clientType") != "HUBSPOT" {
		t.Errorf("the reply: %s", m.Raw)
	}
	for _, step := range [][3]string{{"SENT", "SENT", "SENT"}, {"READ", "READ", "READ"}, {"SENT", "READ", "READ"}, {"FAILED", "READ", "READ"}} {
		a := s.ok(p.key, "PATCH", p.at("/messages/"+id), `{"statusType":"`+step[0]+`"}`)
		if a.text("status.statusType") != step[1] || s.ok(s.admin, "GET", "/v1/messages/"+id, "").text("status.state") != step[2] {
			t.Errorf("after %s: %s", step[0], a.Raw)
		}
	}
	failed := reply()
	if a := s.ok(p.key, "PATCH", p.at("/messages/"+failed), `{"statusType":"FAILED","errorMessage":"The pager is off."}`); a.text("status.failureDetails.errorMessage") != "The pager is off." {
		t.Errorf("failed: %s", a.Raw)
	}
	if m := s.ok(s.admin, "GET", "/v1/messages/"+failed, ""); m.text("status.state") != "FAILED" || m.text("status.detail") != "The pager is off." {
		t.Errorf("the agent sees %s", m.Raw)
	}
	third := desk.MessageID(reply())
	turn, err := s.table.ClaimOutbound(t.Context(), third, time.Minute)
	if err != nil || s.table.SettleOutbound(t.Context(), turn.Message, desk.SendResult{State: desk.Retrying, Attempt: "HTTP 500", NotBefore: s.clock()}) != nil {
		t.Fatal(err)
	}
	if m := s.ok(s.admin, "GET", "/v1/messages/"+string(third), ""); m.text("attempts.0.detail") != "HTTP 500" || m.text("attempts.0.state") != "QUEUED" {
		t.Errorf("the agent sees the tries %s", m.Raw)
	}
	p.refusedAs(400, "VALIDATION_ERROR", "statusType", p.key, "PATCH", p.at("/messages/"+id), `{"statusType":"EATEN"}`)
	p.refusedAs(400, "VALIDATION_ERROR", "statusType", p.key, "PATCH", p.at("/messages/"+id), `{}`)
	p.refusedAs(400, "VALIDATION_ERROR", "statusType", p.key, "PATCH", p.at("/messages/"+in.text("id")), `{"statusType":"READ"}`)
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "PATCH", p.at("/messages/none"), `{"statusType":"READ"}`)
	other := s.register(abilities)
	p.refusedAs(404, "OBJECT_NOT_FOUND", "", p.key, "GET", customs+"/"+other.id+"/messages/"+id, "")
	answered := s.ok(p.key, "POST", p.at("/messages"), p.message("ada", "Thanks", `"inReplyToId":"`+id+`"`))
	if answered.text("inReplyToId") != id {
		t.Errorf("an answer to ours: %s", answered.Raw)
	}
}
