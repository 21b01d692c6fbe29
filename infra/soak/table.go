package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// content is the table as it is, read item by item without any of the product's own code.
type content struct {
	messages map[string][]message // by conversation, in order
	heads    map[string]string    // conversation → its place in the lists
	tickets  map[string]int       // conversation → tickets
	waiting  []string             // items with work that nobody has taken up yet, or that is under way
}

// message is a stored message of the soak.
type message struct {
	text     string
	incoming bool
	state    string
}

// numbered is how every text of the soak begins, whatever a channel puts around it.
var numbered = regexp.MustCompile(`(A message|A mail|An answer) number \d{6}\.`)

func (s *stack) scan(ctx context.Context) (content, error) {
	c := content{messages: map[string][]message{}, heads: map[string]string{}, tickets: map[string]int{}}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &s.Endpoints.DynamoDB,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &s.Table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return c, fmt.Errorf("the table can't be read: %w", err)
		}
		for _, item := range page.Items {
			if err := c.add(item); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// add sorts an item in. Items of one conversation come in the order of their keys.
func (c *content) add(item map[string]types.AttributeValue) error {
	pk, sk := text(item, "pk"), text(item, "sk")
	if text(item, "q") != "" {
		c.waiting = append(c.waiting, pk+"/"+sk+" "+text(item, "q"))
	}
	kind, id, _ := strings.Cut(pk, "#")
	switch {
	case kind == "CONV" && sk == "HEAD":
		c.heads[id] = text(item, "g1")
	case kind == "TICKET" && sk == "HEAD":
		var d struct {
			Conversation string `json:"conv"`
		}
		if err := json.Unmarshal([]byte(text(item, "d")), &d); err != nil {
			return fmt.Errorf("%s can't be read: %w", pk, err)
		}
		c.tickets[d.Conversation]++
	case kind == "CONV" && strings.HasPrefix(sk, "MSG#"):
		var d struct {
			Text      string `json:"text"`
			Direction string `json:"dir"`
		}
		if err := json.Unmarshal([]byte(text(item, "d")), &d); err != nil {
			return fmt.Errorf("%s/%s can't be read: %w", pk, sk, err)
		}
		m := message{numbered.FindString(d.Text), d.Direction == "INCOMING", text(item, "st")}
		if state := m.state; state == "QUEUED" || state == "SENDING" || state == "RETRY" {
			c.waiting = append(c.waiting, pk+"/"+sk+" "+state)
		}
		if m.text != "" {
			c.messages[id] = append(c.messages[id], m)
		}
	}
	return nil
}

func text(item map[string]types.AttributeValue, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}
