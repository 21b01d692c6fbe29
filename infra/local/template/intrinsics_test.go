package template

import (
	"strings"
	"testing"
)

// environment is a template whose one function has this variable X.
func environment(x string) string {
	return `
Parameters:
  Name: {Type: String, Default: ann}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  Empty: {Type: String, Default: ""}
Mappings:
  Sizes: {small: {mb: 128}}
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Nobody: !Equals [!Ref Name, ""]
  Both: !And [!Condition Named, !Not [!Condition Nobody]]
  Either: {"Fn::Or": [{Condition: Nobody}, {Condition: Named}]}
Resources:
  Q: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Gone: {Type: AWS::SQS::Queue, Condition: Nobody}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      CodeUri: functions/f/
      Environment: {Variables: {X: ` + x + `}}
`
}

func TestFunctionCallsOfTheTemplateAreComputed(t *testing.T) {
	for x, want := range map[string]string{
		`!Ref Name`:                                         "ann",
		`{Ref: Name}`:                                       "ann",
		`!Ref AWS::Region`:                                  "eu-west-1",
		`!Sub "${AWS::StackName}/${Name}"`:                  "desk/ann",
		`!Sub "${!Name} ${Name}"`:                           "${Name} ann",
		`!Sub ["${a}-${Name}", {a: !Ref AWS::Region}]`:      "eu-west-1-ann",
		`!Join ["/", [x, !Ref Name, y]]`:                    "x/ann/y",
		`!Join [",", !Ref List]`:                            "a,b,c",
		`!Select [1, !Ref List]`:                            "b",
		`!Select ["0", !Split [".", "one.two"]]`:            "one",
		`!FindInMap [Sizes, small, mb]`:                     "128",
		`!If [Named, !Ref Name, nobody]`:                    "ann",
		`!If [Nobody, !GetAtt Gone.Arn, kept]`:              "kept",
		`!If [Both, yes, no]`:                               "yes",
		`!If [Either, yes, no]`:                             "yes",
		`{"Fn::If": [Named, {"Fn::Sub": "<${Name}>"}, ""]}`: "<ann>",
		`!Ref Empty`:                                        "",
		`!Ref Topic`:                                        "arn:aws:sns:eu-west-1:000000000000:Topic",
		`"007"`:                                             "007",
		`1.50`:                                              "1.50",
		`!Ref Q`:                                            "{Q.}",
		`!GetAtt Q.Arn`:                                     "{Q.Arn}",
		`!Sub "${Q.Arn}/x"`:                                 "{Q.Arn}/x",
		`{"Fn::GetAtt": [Q, QueueName]}`:                    "{Q.QueueName}",
	} {
		tpl, err := load(t, environment(x), nil)
		if err != nil {
			t.Errorf("%s: %v", x, err)
			continue
		}
		got := tpl.Functions[0].Environment["X"]
		parts := strings.Split(got, mark)
		if len(parts) == 3 {
			got = parts[0] + "{" + parts[1] + "}" + parts[2]
		}
		if got != want {
			t.Errorf("%s is %q, want %q", x, got, want)
		}
	}
}

func TestNoValueLeavesAPropertyOut(t *testing.T) {
	tpl := mustLoad(t, environment(`!If [Nobody, x, !Ref AWS::NoValue]`), nil)
	if _, ok := tpl.Functions[0].Environment["X"]; ok {
		t.Error("the variable is there")
	}
}

func TestCallsThatCanNotBeComputedAreNamedWithTheirLine(t *testing.T) {
	for x, want := range map[string]string{
		`!Ref Nothing`:                  "no parameter or resource Nothing",
		`!Ref Gone`:                     "no parameter or resource Gone",
		`!GetAtt Q.Size`:                "attribute Size of AWS::SQS::Queue",
		`!ImportValue other`:            "does not know the function ImportValue",
		`!FindInMap [Sizes, large, mb]`: "no Sizes.large.mb",
		`!Select [9, !Ref List]`:        "no element 9",
		`!Split ["/", !Ref Q]`:          "can't split a resource's name",
		`!If [Missing, a, b]`:           "no condition Missing",
		`!If [Named, a]`:                "If takes a list of 3",
		`!Sub "${Name"`:                 "without its }",
		`!Sub "${List}"`:                "no text",
		`!Join [x]`:                     "Join takes a list of 2",
		`!GetAtt Q`:                     "GetAtt needs a resource and an attribute",
		`!Join ["", [!Ref "AWS::NoValue", x], y]`: "Join takes a list of 2",
	} {
		_, err := load(t, environment(x), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "template.yaml:") {
			t.Errorf("%s: got the error %v, want %q with a line", x, err, want)
		}
	}
}

func TestARunsOwnParametersTakeTheDefaultsPlace(t *testing.T) {
	tpl := mustLoad(t, environment(`!Ref Name`), map[string]string{"Name": "bob", "NotInTheTemplate": "x"})
	if got := tpl.Functions[0].Environment["X"]; got != "bob" {
		t.Errorf("got %q", got)
	}
}

func TestAParameterMustHaveAnAllowedValue(t *testing.T) {
	text := "Parameters:\n  P: {Type: String, AllowedValues: [a, b]}\nResources: {}\n"
	if _, err := load(t, text, map[string]string{"P": "c"}); err == nil || !strings.Contains(err.Error(), `may not be "c"`) {
		t.Errorf("got %v", err)
	}
	if _, err := load(t, text, nil); err == nil || !strings.Contains(err.Error(), "has no default") {
		t.Errorf("got %v", err)
	}
}

func TestAConditionThatRefersToItselfIsRefused(t *testing.T) {
	text := "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: A}\n"
	if _, err := load(t, text, nil); err == nil || !strings.Contains(err.Error(), "refers to itself") {
		t.Errorf("got %v", err)
	}
}
