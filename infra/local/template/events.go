package template

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	eventHTTP      = "HttpApi event"
	eventQueue     = "SQS event"
	eventStream    = "DynamoDB event"
	eventSchedule  = "Schedule event"
	eventScheduler = "ScheduleV2 event"
)

// QueueSource is an SQS queue that a function is fed from.
type QueueSource struct {
	Queue           string // logical id
	BatchSize       int
	Window          time.Duration
	MaxConcurrency  int // 0 where the template sets none
	PartialFailures bool
	Filters         []string // EventBridge patterns; any of them lets a record through
}

// StreamSource is a table's stream that a function is fed from.
type StreamSource struct {
	Table           string // logical id
	Latest          bool   // start at what comes, not at what is there
	BatchSize       int
	Window          time.Duration
	PartialFailures bool
	Bisect          bool
	Retries         int           // -1 is without end
	MaxAge          time.Duration // 0 is without end
	Filters         []string
	OnFailure       string // reference to a queue's or bucket's ARN, "" for none
}

// Schedule is a time at which a function is called.
type Schedule struct {
	Name, Expression, Timezone, Input string
	Scheduler                         bool // EventBridge Scheduler (ScheduleV2), not a rule
}

type filterCriteria struct {
	Filters []struct {
		Pattern string `yaml:"Pattern"`
	} `yaml:"Filters"`
}

func (l *loader) patterns(id string, key *yaml.Node, c filterCriteria) []string {
	var out []string
	for _, f := range c.Filters {
		if l.options.Pattern != nil {
			if err := l.options.Pattern(f.Pattern); err != nil {
				l.faults.add(key.Line, id, "the event %s: %v", key.Value, err)
			}
		}
		out = append(out, f.Pattern)
	}
	return out
}

type queueEvent struct {
	Queue                 string         `yaml:"Queue"`
	BatchSize             int            `yaml:"BatchSize"`
	Window                int            `yaml:"MaximumBatchingWindowInSeconds"`
	Enabled               bool           `yaml:"Enabled"`
	FunctionResponseTypes []string       `yaml:"FunctionResponseTypes"`
	FilterCriteria        filterCriteria `yaml:"FilterCriteria"`
	ScalingConfig         struct {
		MaximumConcurrency int `yaml:"MaximumConcurrency"`
	} `yaml:"ScalingConfig"`
}

type streamEvent struct {
	Stream                string         `yaml:"Stream"`
	StartingPosition      string         `yaml:"StartingPosition"`
	BatchSize             int            `yaml:"BatchSize"`
	Window                int            `yaml:"MaximumBatchingWindowInSeconds"`
	Enabled               bool           `yaml:"Enabled"`
	FunctionResponseTypes []string       `yaml:"FunctionResponseTypes"`
	FilterCriteria        filterCriteria `yaml:"FilterCriteria"`
	Bisect                bool           `yaml:"BisectBatchOnFunctionError"`
	Retries               int            `yaml:"MaximumRetryAttempts"`
	MaxAge                int            `yaml:"MaximumRecordAgeInSeconds"`
	DestinationConfig     struct {
		OnFailure struct {
			Type        string `yaml:"Type"`
			Destination string `yaml:"Destination"`
		} `yaml:"OnFailure"`
	} `yaml:"DestinationConfig"`
}

type scheduleEvent struct {
	Schedule   string `yaml:"Schedule"`
	Expression string `yaml:"ScheduleExpression"`
	Timezone   string `yaml:"ScheduleExpressionTimezone"`
	Input      string `yaml:"Input"`
	Enabled    bool   `yaml:"Enabled"`
	State      string `yaml:"State"`
}

func (l *loader) event(f *Function, key *yaml.Node, e eventProperties) {
	switch e.Type {
	case "HttpApi":
		l.httpEvent(f, key, e)
	case "SQS":
		l.queueEvent(f, key, e)
	case "DynamoDB":
		l.streamEvent(f, key, e)
	case "Schedule", "ScheduleV2":
		l.scheduleEvent(f, key, e)
	case "SNS":
		l.ignored.add(noteMail, "SNS events")
	default:
		l.faults.add(key.Line, f.ID, "the local runner does not know the event type %s", e.Type)
	}
}

func (l *loader) queueEvent(f *Function, key *yaml.Node, e eventProperties) {
	p := queueEvent{BatchSize: 10, Enabled: true}
	if !l.properties(f.ID, eventQueue, &e.Properties, &p) || !p.Enabled {
		return
	}
	queue, err := l.source(p.Queue, typeQueue, "Arn")
	if err != nil {
		l.faults.add(key.Line, f.ID, "the SQS event %s %v", key.Value, err)
		return
	}
	if p.BatchSize < 1 || p.BatchSize > 10000 || (p.BatchSize > 10 && p.Window == 0) {
		l.faults.add(key.Line, f.ID, "the SQS event %s takes a BatchSize of 1 to 10, or to 10000 with a batching window", key.Value)
		return
	}
	f.Queues = append(f.Queues, QueueSource{
		Queue: queue, BatchSize: p.BatchSize, Window: time.Duration(p.Window) * time.Second, MaxConcurrency: p.ScalingConfig.MaximumConcurrency,
		PartialFailures: l.partial(f.ID, key, p.FunctionResponseTypes), Filters: l.patterns(f.ID, key, p.FilterCriteria),
	})
}

func (l *loader) streamEvent(f *Function, key *yaml.Node, e eventProperties) {
	p := streamEvent{BatchSize: 100, Enabled: true, Retries: -1}
	if !l.properties(f.ID, eventStream, &e.Properties, &p) || !p.Enabled {
		return
	}
	table, err := l.source(p.Stream, typeTable, "StreamArn")
	if err != nil {
		l.faults.add(key.Line, f.ID, "the DynamoDB event %s %v", key.Value, err)
		return
	}
	if p.StartingPosition != "LATEST" && p.StartingPosition != "TRIM_HORIZON" {
		l.faults.add(key.Line, f.ID, "the DynamoDB event %s needs a StartingPosition of TRIM_HORIZON or LATEST", key.Value)
		return
	}
	destination := p.DestinationConfig.OnFailure.Destination
	if id, _, ok := Referred(destination); destination != "" && (!ok || (l.eval.resources[id] != typeQueue && l.eval.resources[id] != typeBucket)) {
		l.faults.add(key.Line, f.ID, "the DynamoDB event %s needs an OnFailure destination that is a queue or bucket of this template", key.Value)
		return
	}
	f.Streams = append(f.Streams, StreamSource{
		Table: table, Latest: p.StartingPosition == "LATEST", BatchSize: p.BatchSize, Window: time.Duration(p.Window) * time.Second,
		PartialFailures: l.partial(f.ID, key, p.FunctionResponseTypes), Bisect: p.Bisect, Retries: p.Retries,
		MaxAge: time.Duration(max(p.MaxAge, 0)) * time.Second, Filters: l.patterns(f.ID, key, p.FilterCriteria), OnFailure: destination,
	})
}

func (l *loader) scheduleEvent(f *Function, key *yaml.Node, e eventProperties) {
	p := scheduleEvent{Enabled: true, State: "ENABLED"}
	where := eventSchedule
	if e.Type == "ScheduleV2" {
		where = eventScheduler
	}
	if !l.properties(f.ID, where, &e.Properties, &p) || !p.Enabled || p.State != "ENABLED" {
		return
	}
	if p.Schedule+p.Expression == "" {
		l.faults.add(key.Line, f.ID, "the schedule %s has no expression", key.Value)
		return
	}
	if l.options.Schedule != nil {
		if err := l.options.Schedule(p.Schedule+p.Expression, p.Timezone); err != nil {
			l.faults.add(key.Line, f.ID, "the schedule %s: %v", key.Value, err)
		}
	}
	f.Schedules = append(f.Schedules, Schedule{
		Name: f.ID + key.Value, Expression: p.Schedule + p.Expression, Timezone: p.Timezone, Input: p.Input, Scheduler: e.Type == "ScheduleV2",
	})
}

// source is the logical id of a resource of the given type that s refers to by the given attribute.
func (l *loader) source(s, kind, attribute string) (string, error) {
	id, a, ok := Referred(s)
	if !ok || a != attribute || l.eval.resources[id] != kind {
		return "", fmt.Errorf("must name its source by !GetAtt <an %s of this template>.%s", kind, attribute)
	}
	return id, nil
}

func (l *loader) partial(id string, key *yaml.Node, kinds []string) bool {
	for _, k := range kinds {
		if k != "ReportBatchItemFailures" {
			l.faults.add(key.Line, id, "the local runner does not know the function response type %s", k)
		}
	}
	return slices.Contains(kinds, "ReportBatchItemFailures")
}
