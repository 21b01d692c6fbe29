package source

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Timer calls a function at the times of a schedule.
type Timer struct {
	Schedule  Schedule
	Name      string
	Input     string // sent in place of the event, "" for the event
	Scheduler bool   // EventBridge Scheduler, not a rule
	Region    string
	AccountID string
	Function  Invoker
	Log       *slog.Logger
}

// Run calls the function at each due time until ctx ends. Calls may overlap, as on EventBridge.
func (t *Timer) Run(ctx context.Context) {
	for {
		next, ok := t.Schedule.Next(time.Now())
		if !ok || !sleep(ctx, time.Until(next)) {
			return
		}
		payload, err := t.payload(next)
		if err != nil {
			t.Log.Error("a scheduled event can't be made", slog.String("schedule", t.Name), slog.String("error", err.Error()))
			return
		}
		go func() { _, _ = t.Function.Invoke(ctx, payload) }() // the pool logs how it went
	}
}

// payload is the event of one time: EventBridge's scheduled event, or the input that the template gives.
func (t *Timer) payload(at time.Time) ([]byte, error) {
	if t.Input != "" {
		if !json.Valid([]byte(t.Input)) {
			return nil, fmt.Errorf("the Input of %s is not JSON", t.Name)
		}
		return []byte(t.Input), nil
	}
	event := struct {
		Version    string          `json:"version"`
		ID         string          `json:"id"`
		DetailType string          `json:"detail-type"`
		Source     string          `json:"source"`
		Account    string          `json:"account"`
		Time       string          `json:"time"`
		Region     string          `json:"region"`
		Resources  []string        `json:"resources"`
		Detail     json.RawMessage `json:"detail"`
	}{
		Version: "0", ID: uuid(), DetailType: "Scheduled Event", Source: "aws.events", Account: t.AccountID, Time: at.UTC().Format(time.RFC3339), Region: t.Region,
		Resources: []string{fmt.Sprintf("arn:aws:events:%s:%s:rule/%s", t.Region, t.AccountID, t.Name)}, Detail: json.RawMessage(`{}`),
	}
	if t.Scheduler {
		event.Source, event.Detail = "aws.scheduler", json.RawMessage(`"{}"`)
		event.Resources = []string{fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule/default/%s", t.Region, t.AccountID, t.Name)}
	}
	return compact(event)
}
