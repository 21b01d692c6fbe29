// Command echo is the function that the local runner's tests run: it does what its events tell it to.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Version string
	RawPath string
	Query   map[string]string `json:"queryStringParameters"`
	Records []struct {
		MessageID  string `json:"messageId"`
		Body       string
		Attributes map[string]string
		DynamoDB   *struct {
			SequenceNumber string
			NewImage       map[string]struct{ S string }
		}
	}
}

// note is one line of the record that tests read.
type note struct {
	Function string
	PID      int
	Request  string
	Began    time.Time
	Ended    time.Time
	Bodies   []string
	Groups   []string
}

func main() {
	if os.Getenv("BREAK_AT") == "init" {
		fmt.Fprintln(os.Stderr, "no configuration, no function")
		os.Exit(7)
	}
	fmt.Println("up as", os.Getenv("AWS_LAMBDA_FUNCTION_NAME"))
	lambda.Start(handle)
}

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if e.Version == "2.0" {
		return answer(e, raw)
	}
	n := note{Function: os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), PID: os.Getpid(), Began: time.Now()}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		n.Request = lc.AwsRequestID
	}
	return work(e, n)
}

func work(e event, n note) (any, error) {
	failures := []map[string]string{}
	var whole error
	var odd any
	for _, r := range e.Records {
		id, do := r.MessageID, r.Body
		if r.DynamoDB != nil {
			id, do = r.DynamoDB.SequenceNumber, r.DynamoDB.NewImage["do"].S
		}
		n.Bodies, n.Groups = append(n.Bodies, do), append(n.Groups, r.Attributes["MessageGroupId"])
		for _, command := range strings.Split(do, " ") {
			verb, arg, _ := strings.Cut(command, ":")
			switch verb {
			case "fail":
				failures = append(failures, map[string]string{"itemIdentifier": id})
			case "fail-until": // a number of receives
				want, _ := strconv.Atoi(arg)
				if got, _ := strconv.Atoi(r.Attributes["ApproximateReceiveCount"]); got < want {
					failures = append(failures, map[string]string{"itemIdentifier": id})
				}
			case "error":
				whole = errors.New("told to fail")
			case "empty-id":
				odd = map[string]any{"batchItemFailures": []any{map[string]string{"itemIdentifier": ""}}}
			case "odd":
				odd = map[string]any{"batchItemFailures": "none"}
			default:
				run(verb, arg)
			}
		}
	}
	n.Ended = time.Now()
	record(n)
	if whole != nil || odd != nil {
		return odd, whole
	}
	return map[string]any{"batchItemFailures": failures}, nil
}

func run(verb, arg string) {
	switch verb {
	case "sleep":
		d, _ := time.ParseDuration(arg)
		time.Sleep(d)
	case "mark": // tells in a file that the work has begun, and which process does it
		if err := os.WriteFile(os.Getenv("RECORD_TO")+"."+arg, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	case "exit":
		os.Exit(3)
	case "hold": // megabytes
		n, _ := strconv.Atoi(arg)
		held := make([]byte, n<<20)
		for i := 0; i < len(held); i += 4096 {
			held[i] = 1
		}
		time.Sleep(5 * time.Second)
		fmt.Println(len(held))
	}
}

func record(n note) {
	path := os.Getenv("RECORD_TO")
	if path == "" {
		return
	}
	line, _ := json.Marshal(n)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer f.Close()
	_, _ = f.Write(append(line, '\n'))
}

// answer echoes the event of an HTTP request, or answers as its query tells.
func answer(e event, raw json.RawMessage) (any, error) {
	verb, arg, _ := strings.Cut(e.Query["do"], ":")
	switch verb {
	case "error":
		return nil, errors.New("told to fail")
	case "string":
		return "plain words", nil
	case "object":
		return map[string]int{"n": 1}, nil
	case "bad-status":
		return map[string]any{"statusCode": "what"}, nil
	case "binary":
		return map[string]any{"statusCode": 201, "isBase64Encoded": true, "body": "AAH/", "headers": map[string]string{"Content-Type": "image/png"}, "cookies": []string{"a=1; Path=/", "b=2"}}, nil
	case "env":
		env := map[string]string{}
		for _, kv := range os.Environ() {
			name, value, _ := strings.Cut(kv, "=")
			env[name] = value
		}
		return env, nil
	case "child":
		child := exec.Command("sleep", "600")
		if err := child.Start(); err != nil {
			return nil, err
		}
		return strconv.Itoa(child.Process.Pid), nil
	case "pid":
		return map[string]any{"statusCode": 200, "body": strconv.Itoa(os.Getpid())}, nil
	default:
		run(verb, arg)
	}
	return map[string]any{"statusCode": 200, "headers": map[string]string{"Content-Type": "application/json"}, "body": string(raw)}, nil
}
