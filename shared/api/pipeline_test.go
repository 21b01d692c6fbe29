package api_test

import (
	"strings"
	"testing"
)

func TestThereIsASupportPipelineFromTheStart(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "GET", "/v1/pipelines/support", "")
	var names []string
	for _, i := range []string{"0", "1", "2", "3"} {
		names = append(names, a.text("stages."+i+".name")+" "+a.text("stages."+i+".state"))
	}
	if got := strings.Join(names, ", "); got != "New OPEN, Waiting on contact WAITING, Waiting on us OPEN, Closed CLOSED" {
		t.Errorf("%s", got)
	}
}

func TestAPipelineIsMadeAndItsStagesKeepTheirIds(t *testing.T) {
	s := newStack(t)
	a := s.ok(s.admin, "POST", "/v1/pipelines", `{"name":"Returns","stages":[{"name":"New","state":"OPEN"},{"name":"Done","state":"CLOSED"}]}`)
	id, first, last := a.text("id"), a.text("stages.0.id"), a.text("stages.1.id")
	if first == "" || first == last {
		t.Errorf("%s", a.Raw)
	}
	a = s.ok(s.admin, "PATCH", "/v1/pipelines/"+id, `{"stages":[{"id":"`+last+`","name":"New","state":"CLOSED"},{"id":"`+first+`","name":"Fresh","state":"OPEN"},{"name":"Checked","state":"WAITING"}]}`)
	if a.text("stages.0.id") != last || a.text("stages.1.id") != first || a.text("stages.2.id") == "" || a.text("name") != "Returns" {
		t.Errorf("%s", a.Raw)
	}
	s.ok(s.admin, "DELETE", "/v1/pipelines/"+id, "")
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/pipelines/support", "")
}

func TestStagesThatMakeNoSenseAreRefused(t *testing.T) {
	s := newStack(t)
	for stages, field := range map[string]string{
		`[{"name":"New","state":"OPEN"}]`:                                                        "stages",
		`[{"name":"New","state":"OPEN"},{"name":"Next","state":"WAITING"}]`:                      "stages",
		`[{"name":"New","state":"OPEN"},{"name":" new ","state":"CLOSED"}]`:                      "stages[1].name",
		`[{"name":"New","state":"OPEN"},{"name":"Done","state":"OVER"}]`:                         "stages[1].state",
		`[{"id":"x","name":"New","state":"OPEN"},{"name":"Done","state":"CLOSED"}]`:              "stages[0].id",
		`[{"id":"new","name":"New","state":"OPEN"},{"id":"new","name":"Done","state":"CLOSED"}]`: "stages[1].id",
	} {
		a := s.refused(422, "invalid", s.admin, "PATCH", "/v1/pipelines/support", `{"stages":`+stages+`}`)
		if a.text("errors.0.location") != field {
			t.Errorf("%s: %s", stages, a.Raw)
		}
	}
}

func TestAStageThatSomethingStandsInStays(t *testing.T) {
	s := newStack(t)
	without := func(id string) string {
		stages := ""
		for _, x := range []string{`{"id":"new","name":"New","state":"OPEN"}`, `{"id":"waiting-on-us","name":"Ours","state":"OPEN"}`, `{"id":"closed","name":"Closed","state":"CLOSED"}`} {
			if !strings.Contains(x, `"`+id+`"`) {
				stages += "," + x
			}
		}
		return `{"stages":[` + stages[1:] + `]}`
	}
	s.ok(s.admin, "POST", "/v1/tickets", `{"name":"Broken","stageId":"waiting-on-us"}`)
	s.refused(409, "conflict", s.admin, "PATCH", "/v1/pipelines/support", without("waiting-on-us"))
	ch := s.channel("inbox", "chat", "1")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"ticket":{"pipelineId":"support","stageId":"new"}}`)
	s.refused(409, "conflict", s.admin, "PATCH", "/v1/pipelines/support", without("new"))
	second := s.ok(s.admin, "POST", "/v1/pipelines", `{"name":"Returns","stages":[{"name":"New","state":"OPEN"},{"name":"Done","state":"CLOSED"}]}`).text("id")
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/pipelines/support", "")
	s.ok(s.admin, "PATCH", "/v1/channels/"+ch, `{"ticket":null}`)
	s.refused(409, "conflict", s.admin, "DELETE", "/v1/pipelines/support", "")
	s.ok(s.admin, "DELETE", "/v1/pipelines/"+second, "")
}
