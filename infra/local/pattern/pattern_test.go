package pattern

import (
	"strings"
	"testing"
)

const change = `{
	"eventName": "MODIFY", "size": 42, "flag": true, "nothing": null, "empty": [],
	"dynamodb": {
		"Keys": {"pk": {"S": "CONV#1"}, "sk": {"S": "HEAD"}},
		"NewImage": {"st": {"S": "queued"}, "n": {"N": "7"}, "tags": {"SS": ["red", "Blue"]}},
		"list": [{"a": 1}, {"a": 2, "b": 3}]
	}
}`

func TestAPatternLetsThroughWhatFitsIt(t *testing.T) {
	for pattern, want := range map[string]bool{
		`{}`:                                     true,
		`{"eventName": ["MODIFY"]}`:              true,
		`{"eventName": ["INSERT", "MODIFY"]}`:    true,
		`{"eventName": ["INSERT"]}`:              false,
		`{"eventName": ["MODIFY"], "size": [1]}`: false,
		`{"size": [42]}`:                         true,
		`{"size": [42.0]}`:                       true,
		`{"size": ["42"]}`:                       false,
		`{"flag": [true]}`:                       true,
		`{"flag": [false]}`:                      false,
		`{"nothing": [null]}`:                    true,
		`{"absent": [null]}`:                     false,
		`{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CONV#"}]}}}}`:                                                              true,
		`{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "TICKET#"}]}}}}`:                                                            false,
		`{"dynamodb": {"Keys": {"sk": {"S": [{"suffix": "AD"}]}}}}`:                                                                 true,
		`{"dynamodb": {"Keys": {"sk": {"S": [{"suffix": {"equals-ignore-case": "ad"}}]}}}}`:                                         true,
		`{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": {"equals-ignore-case": "HE"}}]}}}}`:                                         true,
		`{"eventName": [{"equals-ignore-case": "modify"}]}`:                                                                         true,
		`{"eventName": [{"anything-but": "INSERT"}]}`:                                                                               true,
		`{"eventName": [{"anything-but": ["INSERT", "MODIFY"]}]}`:                                                                   false,
		`{"eventName": [{"anything-but": {"prefix": "MOD"}}]}`:                                                                      false,
		`{"eventName": [{"anything-but": {"suffix": ["SERT", "OVE"]}}]}`:                                                            true,
		`{"absent": [{"anything-but": "x"}]}`:                                                                                       false,
		`{"size": [{"numeric": [">", 40, "<=", 42]}]}`:                                                                              true,
		`{"size": [{"numeric": ["<", 42]}]}`:                                                                                        false,
		`{"size": [{"numeric": ["=", 42]}]}`:                                                                                        true,
		`{"size": [{"numeric": [">=", 42.5]}]}`:                                                                                     false,
		`{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}`:                                                         false, // DynamoDB's numbers are texts
		`{"dynamodb": {"NewImage": {"n": {"N": ["7"]}}}}`:                                                                           true,
		`{"dynamodb": {"NewImage": {"st": {"S": [{"exists": true}]}}}}`:                                                             true,
		`{"dynamodb": {"NewImage": {"xx": {"S": [{"exists": true}]}}}}`:                                                             false,
		`{"dynamodb": {"NewImage": {"xx": {"S": [{"exists": false}]}}}}`:                                                            true,
		`{"dynamodb": {"OldImage": {"st": {"S": [{"exists": false}]}}}}`:                                                            true,
		`{"dynamodb": {"NewImage": {"st": [{"exists": true}]}}}`:                                                                    false, // only leaves exist
		`{"dynamodb": {"NewImage": {"tags": {"SS": ["red"]}}}}`:                                                                     true,
		`{"dynamodb": {"NewImage": {"tags": {"SS": ["green"]}}}}`:                                                                   false,
		`{"dynamodb": {"list": {"a": [2], "b": [3]}}}`:                                                                              true,
		`{"dynamodb": {"list": {"a": [9]}}}`:                                                                                        false,
		`{"$or": [{"size": [1]}, {"flag": [true]}]}`:                                                                                true,
		`{"$or": [{"size": [1]}, {"flag": [false]}]}`:                                                                               false,
		`{"eventName": ["MODIFY"], "dynamodb": {"$or": [{"Keys": {"sk": {"S": ["X"]}}}, {"NewImage": {"st": {"S": ["queued"]}}}]}}`: true,
	} {
		p, err := Parse(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got := p.Match([]byte(change)); got != want {
			t.Errorf("%s lets through: %v", pattern, got)
		}
	}
}

func TestAPatternThatIsNotUnderstoodIsRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`{"a": [{"wildcard": "x*"}]}`:                  `a: the local runner does not know the filter operator "wildcard"`,
		`{"a": {"b": [{"cidr": "10.0.0.0/8"}]}}`:       `a.b: the local runner does not know the filter operator "cidr"`,
		`{"a": [{"anything-but": {"wildcard": "x"}}]}`: `"wildcard"`,
		`{"a": [{"prefix": 1}]}`:                       "prefix takes a text",
		`{"a": [{"suffix": {"equals": "x"}}]}`:         "suffix takes a text",
		`{"a": [{"exists": "yes"}]}`:                   "exists takes true or false",
		`{"a": [{"numeric": [">"]}]}`:                  "pairs of a comparison and a number",
		`{"a": [{"numeric": ["!=", 1]}]}`:              "not by !=",
		`{"a": [{"numeric": [">", "x"]}]}`:             "x is no number",
		`{"a": [{"prefix": "x", "suffix": "y"}]}`:      "one operator, this has 2",
		`{"a": [{"anything-but": []}]}`:                "anything-but takes",
		`{"a": [[1]]}`:                                 "a condition is a text",
		`{"a": []}`:                                    "an empty list matches nothing",
		`{"a": "x"}`:                                   "an object or a list",
		`{"$or": [{"a": [1]}]}`:                        "at least two",
		`{"$or": ["x", "y"]}`:                          "takes patterns",
		`{"$or": [{"a": [1]}, {"b": 1}]}`:              "an object or a list",
		`["a"]`:                                        "is a JSON object",
		`{`:                                            "is not JSON",
	} {
		if _, err := Parse(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want %q", pattern, err, want)
		}
	}
}

func TestOneOfSeveralPatternsIsEnough(t *testing.T) {
	patterns, err := ParseAll([]string{`{"eventName": ["INSERT"]}`, `{"size": [42]}`})
	if err != nil {
		t.Fatal(err)
	}
	if !Any(patterns, []byte(change)) || Any(patterns[:1], []byte(change)) || Any(patterns, []byte("{")) {
		t.Error("a document that fits one was kept out, or one that fits none let through")
	}
	if !Any(nil, []byte(change)) {
		t.Error("without a pattern nothing comes through")
	}
	if _, err := ParseAll([]string{`{"a": [{"odd": 1}]}`}); err == nil || !strings.Contains(err.Error(), `(in {"a"`) {
		t.Errorf("the error does not name the pattern: %v", err)
	}
	if (Pattern{}).Match([]byte("no JSON")) {
		t.Error("what is no JSON was let through")
	}
}
