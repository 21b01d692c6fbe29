package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loket-desk/loket/infra/bench/probe"
	"github.com/loket-desk/loket/infra/local/template"
	"github.com/loket-desk/loket/shared/table/units"
)

// single is what one call of a warm function takes when nothing else is going on.
type single struct {
	wall     time.Duration      // median
	cpu      time.Duration      // mean
	log      float64            // bytes of its own lines
	requests map[string]float64 // "sqs SendMessage" and the like
	database units.Counts       // sums of counted calls
}

const (
	warmCalls    = 5
	timedCalls   = 60
	countedCalls = 10
)

// single calls a function on the local run's servers: some calls to time it, then some through servers that count.
func (b *bench) single(f template.Function, event func(i int) []byte) (single, error) {
	s, err := b.running()
	if err != nil {
		return single{}, err
	}
	out, err := b.timedCalls(f, s.resources(), event)
	if err != nil {
		return out, err
	}
	between, err := countBetween(s.resources().endpoints)
	if err != nil {
		return out, err
	}
	defer between.close()
	r := s.resources()
	r.endpoints = between.endpoints
	p, err := b.startFunction(f, r)
	if err != nil {
		return out, err
	}
	defer p.Close()
	const first = warmCalls + timedCalls // numbers that no earlier event had
	for i := range warmCalls + countedCalls {
		if i == warmCalls {
			between.take()
		}
		if _, err := p.Invoke(b.ctx, event(first+i)); err != nil {
			return out, err
		}
	}
	requests, database := between.take()
	out.requests, out.database = map[string]float64{}, database
	for kind, n := range requests {
		out.requests[kind] = float64(n) / countedCalls
	}
	return out, nil
}

func (b *bench) timedCalls(f template.Function, r resources, event func(i int) []byte) (out single, err error) {
	p, err := b.startFunction(f, r)
	if err != nil {
		return out, err
	}
	defer p.Close()
	var took []time.Duration
	var before time.Duration
	said := 0
	for i := range warmCalls + timedCalls {
		if i == warmCalls {
			if before, err = p.CPU(); err != nil {
				return out, err
			}
			said = p.SaidBytes()
		}
		begun := time.Now()
		if _, err := p.Invoke(b.ctx, event(i)); err != nil {
			return out, err
		}
		if i >= warmCalls {
			took = append(took, time.Since(begun))
		}
	}
	after, err := p.CPU()
	out.wall, out.cpu = median(took), (after-before)/timedCalls
	out.log = float64(p.SaidBytes()-said) / timedCalls
	return out, err
}

// startFunction starts a function with the resources given.
func (b *bench) startFunction(f template.Function, r resources) (*probe.Process, error) {
	built, err := b.binaries()
	if err != nil {
		return nil, err
	}
	environment, err := r.environment(f)
	if err != nil {
		return nil, err
	}
	return probe.Start(b.ctx, built[f.Name], environment)
}

// sample is a function's event of the folder events.
func sample(function string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join("events", function+".json"))
	if err != nil {
		return nil, err
	}
	var event map[string]any
	return event, json.Unmarshal(text, &event)
}

// webhookEvent makes API Gateway's events of updates to a bot, each of another number.
func webhookEvent(k *bot) (func(i int) []byte, error) {
	event, err := sample("webhook")
	if err != nil {
		return nil, err
	}
	path := "/hooks/" + string(k.channel)
	event["rawPath"], event["pathParameters"] = path, object{"channelId": string(k.channel)}
	if headers, ok := event["headers"].(map[string]any); ok {
		headers["x-telegram-bot-api-secret-token"] = k.secret
	}
	if context, ok := event["requestContext"].(map[string]any); ok {
		if call, ok := context["http"].(map[string]any); ok {
			call["path"] = path
		}
	}
	return func(i int) []byte {
		event["body"] = k.update(70_000 + int64(i%20))
		return mustJSON(event)
	}, nil
}

// routerEvent makes SQS's events of messages of a bot's customers, each of another number.
func routerEvent(k *bot) (func(i int) []byte, error) {
	event, err := sample("router")
	if err != nil {
		return nil, err
	}
	records, ok := event["Records"].([]any)
	if !ok || len(records) != 1 {
		return nil, fmt.Errorf("the router's sample event has not one record")
	}
	record, _ := records[0].(map[string]any)
	body, _ := record["body"].(string)
	var message map[string]any
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		return nil, err
	}
	return func(i int) []byte {
		who, n := strconv.Itoa(80_000+i%20), strconv.Itoa(i)
		message["ch"], message["id"], message["mid"], message["thread"] = string(k.channel), "u"+n, who+":"+n, who
		message["from"] = object{"kind": "telegram", "value": who, "name": "Ann Example " + who}
		record["body"], record["messageId"] = string(mustJSON(message)), "bench-"+n
		return mustJSON(event)
	}, nil
}

// mustJSON is for values that were read from JSON or are made of strings.
func mustJSON(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

// kinds are the requests of one call, in words.
func (s single) kinds() string {
	var all []string
	for _, kind := range sortedNames(s.requests) {
		all = append(all, fmt.Sprintf("%.2g %s", s.requests[kind], kind))
	}
	return strings.Join(all, ", ")
}
