package api_test

import "testing"

func TestATemplateGoesOnlyWhereThePlatformHasThem(t *testing.T) {
	s := newStack(t)
	sms := s.channel("inbox", "sms", "9")
	id := string(s.comes(sms, "+3120123", "hi").Conversation)
	path := "/v1/conversations/" + id + "/messages"
	for _, bad := range []string{
		`{"template":{"name":"order_update","language":"en_US","values":["Ada"]}}`,
		`{"kind":"COMMENT","text":"x","template":{"name":"order_update","language":"en_US"}}`,
		`{"template":{"name":"","language":"en_US"}}`,
	} {
		s.refused(422, "invalid", s.admin, "POST", path, bad)
	}
}
