package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// One run serves all these cases at once: most of their time is waiting for a visibility time-out.
func TestFunctionsRunAsOnLambda(t *testing.T) {
	s := startStack(t)
	t.Run("run.json is private", s.privateRunFile)
	t.Run("at once", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"mail in becomes an object and a message of its receipt":       s.mailIn,
			"what becomes of mail out is told on the mail queue":           s.mailOut,
			"a function answers HTTP within its limits":                    s.answersHTTP,
			"a message reported failed comes again and the others do not":  s.partialFailure,
			"a failed batch comes again as a whole":                        s.wholeBatch,
			"a message that fails for good goes to the dead letters":       s.redrive,
			"an answer that names no message fails the batch":              s.malformedAnswers,
			"a group is never worked on twice at once and keeps its order": s.groupOrder,
			"messages without a group are worked on at once":               s.twoAtOnce,
			"a function ended from outside is started anew":                s.endedFromOutside,
			"only changes that pass the filter reach the function":         s.streamFilter,
			"a bad change is cut out of its batch":                         s.bisect,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t)
			})
		}
	})
	t.Run("run.json goes with the run", s.runFileGoes)
}

func (s *stack) partialFailure(t *testing.T) {
	s.send(t, "OrderedQueue", "partial-a", "partial good")
	s.send(t, "OrderedQueue", "partial-b", "fail-until:2 partial bad")
	waitFor(t, "the second try", func() bool { return len(s.holding(t, "ordered", "partial bad")) == 2 })
	if n := len(s.holding(t, "ordered", "partial good")); n != 1 {
		t.Errorf("the good message was worked on %d times", n)
	}
}

func (s *stack) wholeBatch(t *testing.T) {
	s.send(t, "OrderedQueue", "whole", "error whole-1")
	s.send(t, "OrderedQueue", "whole", "whole-2")
	waitFor(t, "three tries of the first", func() bool { return len(s.holding(t, "ordered", "whole-1")) >= 3 })
	waitFor(t, "the second, when the first is with the dead letters", func() bool {
		notes := s.holding(t, "ordered", "whole-2")
		return len(notes) > 0 && !strings.Contains(strings.Join(notes[len(notes)-1].Bodies, " "), "whole-1")
	})
}

func (s *stack) redrive(t *testing.T) {
	s.send(t, "PlainQueue", "", "fail redrive-me")
	waitFor(t, "the dead letter", func() bool { return strings.Contains(s.received(t, "PlainQueueDeadLetters"), "redrive-me") })
	if n := len(s.holding(t, "plain", "redrive-me")); n != 3 {
		t.Errorf("it was tried %d times, the queue allows 3", n)
	}
}

func (s *stack) malformedAnswers(t *testing.T) {
	s.send(t, "PlainQueue", "", "odd malformed-1")
	s.send(t, "PlainQueue", "", "empty-id malformed-2")
	waitFor(t, "second tries", func() bool {
		return len(s.holding(t, "plain", "malformed-1")) > 1 && len(s.holding(t, "plain", "malformed-2")) > 1
	})
}

func (s *stack) groupOrder(t *testing.T) {
	const each = 12
	for i := range each {
		for _, g := range []string{"order-a", "order-b", "order-c"} {
			s.send(t, "OrderedQueue", g, fmt.Sprintf("sleep:20ms %s-%02d", g, i))
		}
	}
	for _, g := range []string{"order-a", "order-b", "order-c"} {
		var bodies []string
		waitFor(t, "all of "+g, func() bool {
			bodies = nil
			for _, n := range s.holding(t, "ordered", g) {
				for _, b := range n.Bodies {
					if strings.Contains(b, g) {
						bodies = append(bodies, b)
					}
				}
			}
			return len(bodies) >= each
		})
		if !slices.IsSorted(bodies) || len(bodies) != each {
			t.Errorf("%s was worked on in the order %v", g, bodies)
		}
		s.neverOverlap(t, g)
	}
}

// neverOverlap checks that no two batches with messages of one group were in work at the same time.
func (s *stack) neverOverlap(t *testing.T, group string) {
	t.Helper()
	var before note
	for _, n := range s.holding(t, "ordered", group) { // noted in the order of their ends
		if slices.Contains(n.Groups, group) && n.Began.Before(before.Ended) {
			t.Errorf("two batches of %s overlap: %v and %v", group, before, n)
		}
		before = n
	}
}

func (s *stack) twoAtOnce(t *testing.T) {
	for i := range 3 {
		s.send(t, "PlainQueue", "", fmt.Sprintf("sleep:900ms at-once-%d", i))
	}
	waitFor(t, "all three", func() bool { return len(s.holding(t, "plain", "at-once-")) >= 3 })
	notes := s.holding(t, "plain", "at-once-")
	for _, n := range notes[1:] {
		if n.PID != notes[0].PID && n.Began.Before(notes[0].Ended) {
			return
		}
	}
	t.Errorf("no two were in work at once: %v", notes)
}

func (s *stack) endedFromOutside(t *testing.T) {
	s.send(t, "MailQueue", "", "mark:begun sleep:700ms end-me")
	var pid int
	waitFor(t, "the work to begin", func() bool {
		text, _ := os.ReadFile(s.record + ".begun")
		pid, _ = strconv.Atoi(string(text))
		return pid > 0
	})
	if pids := readRun(t, s.runPath()).Functions["mail"]; !slices.Contains(pids, pid) {
		t.Errorf("run.json names the processes %v, not %d", pids, pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the message to be worked on", func() bool { return len(s.holding(t, "mail", "end-me")) == 1 })
	if n := s.holding(t, "mail", "end-me")[0]; n.PID == pid {
		t.Errorf("the process %d that was ended has worked on", n.PID)
	}
	if pids := readRun(t, s.runPath()).Functions["mail"]; slices.Contains(pids, pid) || len(pids) == 0 {
		t.Errorf("run.json names the processes %v after %d was ended", pids, pid)
	}
	if got := s.outcomes("mail"); !slices.Contains(got, "exit") {
		t.Errorf("the log has the outcomes %v, not the exit", got)
	}
}

func (s *stack) streamFilter(t *testing.T) {
	s.put(t, "OTHER#1", "HEAD", "unseen")
	s.put(t, "WATCH#filter", "HEAD", "seen-1")
	s.put(t, "WATCH#filter", "HEAD", "seen-2")
	waitFor(t, "both changes", func() bool { return len(s.holding(t, "changes", "seen-2")) > 0 })
	if n := s.holding(t, "changes", "unseen"); len(n) > 0 {
		t.Errorf("a change that the filter keeps out came: %v", n)
	}
	if n := s.holding(t, "changes", "seen-1"); len(n) == 0 {
		t.Error("the first change never came")
	}
}

func (s *stack) bisect(t *testing.T) {
	for i := range 4 {
		do := fmt.Sprintf("cut-%d", i)
		if i == 2 {
			do = "error " + do
		}
		s.put(t, "WATCH#cut", fmt.Sprint(i), do)
	}
	waitFor(t, "the last change, alone", func() bool {
		return slices.ContainsFunc(s.holding(t, "changes", "cut-3"), func(n note) bool { return !strings.Contains(strings.Join(n.Bodies, " "), "cut-2") })
	})
	alone := 0
	for _, n := range s.holding(t, "changes", "cut-2") {
		if len(n.Bodies) == 1 {
			alone++
		}
	}
	if alone < 1 || alone > 2 {
		t.Errorf("the bad change was tried %d times by itself; one retry is allowed", alone)
	}
	s.keptFailure(t, "cut-2")
}

// keptFailure checks the object in which a change that was given up is kept.
func (s *stack) keptFailure(t *testing.T, do string) {
	t.Helper()
	bucket := aws.String(s.names["Bucket"][""])
	var key *string
	waitFor(t, "the object", func() bool {
		list, err := s.clients.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("aws/lambda/" + mappingID("ChangesFunction", "Table") + "/")})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Contents {
			key = o.Key
		}
		return key != nil
	})
	out, err := s.clients.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	var kept struct {
		RequestContext     struct{ Condition string }
		DDBStreamBatchInfo struct{ BatchSize int }
		Payload            string
	}
	if err := json.NewDecoder(out.Body).Decode(&kept); err != nil {
		t.Fatal(err)
	}
	if kept.RequestContext.Condition != "RetryAttemptsExhausted" || kept.DDBStreamBatchInfo.BatchSize != 1 || !strings.Contains(kept.Payload, do) {
		t.Errorf("kept: %+v", kept)
	}
}
