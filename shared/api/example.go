package api

import (
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sampler makes examples of what calls take and give.
type sampler struct{ registry huma.Registry }

// give puts an example on each body of a call: what is written for it as a request, and made by its description as an answer.
func (s sampler) give(op *huma.Operation) {
	if op.RequestBody != nil {
		for _, body := range op.RequestBody.Content {
			if text, written := requests()[op.OperationID]; written {
				body.Example = json.RawMessage(text)
			} else if body.Schema != nil {
				body.Example = s.sample("", body.Schema)
			}
		}
	}
	for status, answer := range op.Responses {
		for _, body := range answer.Content {
			if body.Schema != nil && (status == "default" || strings.HasPrefix(status, "2")) {
				body.Example = s.sample("", body.Schema)
			}
		}
	}
}

// sample is a value that a schema allows.
func (s sampler) sample(name string, of *huma.Schema) any {
	switch {
	case of.Ref != "":
		return s.sample(name, s.registry.SchemaFromRef(of.Ref))
	case len(of.Examples) > 0:
		return of.Examples[0]
	case of.Default != nil:
		return of.Default
	case len(of.Enum) > 0:
		return of.Enum[0]
	case len(of.AnyOf) > 0:
		return s.sample(name, of.AnyOf[0])
	}
	switch of.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for property, p := range of.Properties {
			out[property] = s.sample(property, p)
		}
		return out
	case huma.TypeArray:
		return []any{s.sample(strings.TrimSuffix(name, "s"), of.Items)}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return true
	case huma.TypeString:
		return text(name, of)
	}
	return map[string]any{"update_id": 1} // anything
}

// text is a text that fits what its name and format say.
func text(name string, of *huma.Schema) string {
	lower := strings.ToLower(name)
	switch {
	case of.Format == "date-time":
		return "2026-01-05T10:20:30Z"
	case lower == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids"):
		return "01KE6X7R9G0000000000000000"
	case strings.HasSuffix(lower, "url"):
		return "https://desk.example.com/hooks/01KE6X7R9G0000000000000000"
	case lower == "contenttype":
		return "image/png"
	}
	if known, ok := map[string]string{
		"address": "ann@example.com", "email": "ann@example.com", "name": "Ann Example", "subject": "Where is my order?",
		"text": "Where is my order?", "preview": "Where is my order?", "visibletext": "Where is my order?", "html": "<p>Where is my order?</p>",
		"key": "lk_01KE6X7R9G0000000000000000_…", "next": "MTc2NzYwODQzMDUwMA.q2VjcmV0c2lnbmF0dXJl", "phone": "+31201234567", "seen": "s3", "from": "203.0.113.7",
	}[lower]; ok {
		return known
	}
	return "…"
}

// requests are what the calls with a body are given, by their ids.
func requests() map[string]string {
	return map[string]string{
		"createInbox":              `{"name":"Support","kind":"HELP_DESK","access":{"everyone":true}}`,
		"changeInbox":              `{"kind":"HELP_DESK","reopen":{"policy":"REOPEN_WITHIN","days":14}}`,
		"createChannel":            `{"type":"telegram","inboxId":"inbox","name":"Our bot","credentials":{"botToken":"123456789:…"}}`,
		"changeChannel":            `{"active":false}`,
		"verifyChannel":            `{"code":"12345678"}`,
		"createUser":               `{"email":"ann@example.com","name":"Ann Example","roleId":"agent"}`,
		"changeUser":               `{"roleId":"viewer","capacity":10}`,
		"setAvailability":          `{"available":true,"until":"2026-01-05T17:00:00Z"}`,
		"createTeam":               `{"name":"Returns"}`,
		"changeTeam":               `{"name":"Returns and refunds"}`,
		"createRole":               `{"name":"Lead","permissions":["reply","beAssigned","export"]}`,
		"changeRole":               `{"permissions":["reply","beAssigned"]}`,
		"createPipeline":           `{"name":"Returns","stages":[{"name":"New","state":"OPEN"},{"name":"Done","state":"CLOSED"}]}`,
		"changePipeline":           `{"name":"Returns and refunds"}`,
		"createKey":                `{"name":"Web shop","permissions":["reply"]}`,
		"startConversation":        `{"channelId":"01KE6X7R9G0000000000000000","to":[{"address":"ann@example.com"}],"subject":"Your order","text":"It is on its way."}`,
		"changeConversation":       `{"status":"CLOSED","seen":"s3"}`,
		"useSender":                `{"use":"ORIGINAL"}`,
		"forwardConversation":      `{"to":[{"address":"supplier@example.com"}],"text":"Can you help with this?"}`,
		"createMessage":            `{"kind":"MESSAGE","text":"It is on its way."}`,
		"createContact":            `{"name":"Ann Example","emails":[{"address":"ann@example.com"}]}`,
		"changeContact":            `{"name":"Ann Example-Smith","ownerId":null}`,
		"createConversationTicket": `{"priority":"HIGH"}`,
		"createTicket":             `{"name":"Where is my order?","inboxId":"inbox","priority":"HIGH"}`,
		"changeTicket":             `{"stageId":"closed"}`,
		"createSkill":              `{"name":"French"}`,
		"changeSkill":              `{"name":"French, spoken"}`,
		"createSkillRule":          `{"name":"Speaks French","skills":["french"]}`,
		"changeSkillRule":          `{"position":1}`,
		"createHours":              `{"name":"Office","timeZone":"Europe/Amsterdam","week":[{"day":"MONDAY","from":"09:00","to":"17:00"}]}`,
		"changeHours":              `{"name":"Office, winter"}`,
		"createHolidays":           `{"name":"Closed","days":["12-25"]}`,
		"changeHolidays":           `{"name":"Closed days"}`,
		"createUpload":             `{"name":"invoice.png","contentType":"image/png","size":48213}`,
	}
}
