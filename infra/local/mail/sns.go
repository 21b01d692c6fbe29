package mail

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// envelope is an SNS notification as a queue receives it where raw delivery is off.
type envelope struct {
	Type             string
	MessageId        string
	TopicArn         string
	Subject          string
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string
}

// WrapSNS makes the body of the queue message that SNS sends for a message published to a topic (its name or ARN).
// The subject is the one that SES gives to such a message; the signature is empty, since no local key can sign for SNS.
func WrapSNS(topic string, message []byte) []byte {
	subject := "Amazon SES Email Event Notification"
	var kind struct {
		NotificationType string `json:"notificationType"`
	}
	if json.Unmarshal(message, &kind) == nil && kind.NotificationType == "Received" {
		subject = "Amazon SES Email Receipt Notification"
	}
	arn := topicARN(topic)
	return toJSON(envelope{
		Type: "Notification", MessageId: uuid(), TopicArn: arn, Subject: subject, Message: string(message),
		Timestamp: stamp(time.Now()), SignatureVersion: "1",
	})
}

func topicARN(topic string) string {
	if strings.HasPrefix(topic, "arn:") {
		return topic
	}
	return "arn:aws:sns:us-east-1:" + account + ":" + topic
}

// toJSON writes < > & as they are, as AWS does. What it is given is made of strings, numbers and lists, which always encode.
func toJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n")
}
