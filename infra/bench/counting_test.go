package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answering is a server that gives one answer and keeps what it was asked.
func answering(t *testing.T, answer string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.Host+r.URL.RequestURI()+" "+string(body))
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func request(t *testing.T, c *http.Client, method, address, target, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	status, answer, err := send(c, r)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	return string(answer)
}

func TestRequestsAreCountedByServiceAndKindOnTheirWay(t *testing.T) {
	address, asked := answering(t, `{"Items":[]}`)
	c, err := countBetween(map[string]string{"AWS_ENDPOINT_URL_SQS": address, "AWS_ENDPOINT_URL_S3": address, "AWS_ENDPOINT_URL_DYNAMODB": address})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	sqs, s3, table := c.endpoints["AWS_ENDPOINT_URL_SQS"], c.endpoints["AWS_ENDPOINT_URL_S3"], c.endpoints["AWS_ENDPOINT_URL_DYNAMODB"]
	if got := request(t, http.DefaultClient, "POST", sqs+"/", "AmazonSQS.SendMessage", "{}"); got != `{"Items":[]}` {
		t.Errorf("the answer became %q", got)
	}
	request(t, http.DefaultClient, "GET", s3+"/bucket?list-type=2", "", "")
	request(t, http.DefaultClient, "GET", s3+"/bucket/key", "", "")
	request(t, http.DefaultClient, "HEAD", s3+"/", "", "") // a connection that is opened early
	request(t, http.DefaultClient, "POST", table+"/", "DynamoDB_20120810.Query", `{"ConsistentRead":true}`)
	counts, database := c.take()
	if len(counts) != 4 || counts["sqs SendMessage"] != 1 || counts["s3 LIST"] != 1 || counts["s3 GET"] != 1 || counts["dynamodb Query"] != 1 {
		t.Errorf("counted %v", counts)
	}
	if database.Reads != 1 || database.Writes != 0 || len(*asked) != 4 {
		t.Errorf("the table's units are %+v; passed on: %q", database, *asked)
	}
	if !strings.HasPrefix((*asked)[0], "POST "+strings.TrimPrefix(sqs, "http://")) {
		t.Errorf("the host that was signed became another: %q", (*asked)[0])
	}
	if counts, _ := c.take(); len(counts) != 0 {
		t.Errorf("still %v", counts)
	}
	if _, err := countBetween(map[string]string{"AWS_ENDPOINT_URL_SQS": "http://[::"}); err == nil {
		t.Error("an address that is none was taken")
	}
}

func TestTheServerIsAskedWhatEachRequestConsumed(t *testing.T) {
	address, asked := answering(t, `{"ConsumedCapacity":{"CapacityUnits":2.5}}`)
	c := &consumption{next: http.DefaultTransport}
	web := &http.Client{Transport: c}
	request(t, web, "POST", address, "DynamoDB_20120810.Query", `{"Limit":1}`)
	c.add([]byte(`{"ConsumedCapacity":[{"CapacityUnits":3},{"CapacityUnits":4}]}`))
	c.add([]byte(`no JSON`))
	if !strings.Contains((*asked)[0], `"ReturnConsumedCapacity":"TOTAL"`) || !strings.Contains((*asked)[0], `"Limit":1`) {
		t.Errorf("asked %q", *asked)
	}
	if c.queries != 1 || c.largest != 7 || c.take() != 9.5 || c.take() != 0 {
		t.Errorf("consumed %v at most", c.largest)
	}
}
