package template

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Queue is one SQS queue. Its attributes carry SQS's own names and values.
type Queue struct {
	ID, Name    string // Name is "" where the template gives none
	FIFO        bool
	Attributes  map[string]string
	DeadLetters string // logical id, "" for none
	MaxReceives int
}

// Table is one DynamoDB table.
type Table struct {
	ID, Name string
	Hash     Key
	Range    Key // its Name is "" where there is none
	Indexes  []Index
	Stream   string // the stream's view type, "" for no stream
	TTL      string // the attribute, "" for none
}

// Key is an attribute of a key with its type: S, N or B.
type Key struct{ Name, Type string }

// Index is a global secondary index.
type Index struct {
	Name        string
	Hash, Range Key
	Projection  string // ALL, KEYS_ONLY or INCLUDE
	Attributes  []string
}

// Bucket is one S3 bucket.
type Bucket struct{ ID, Name string }

type queueProperties struct {
	QueueName                     string `yaml:"QueueName"`
	FifoQueue                     bool   `yaml:"FifoQueue"`
	ContentBasedDeduplication     bool   `yaml:"ContentBasedDeduplication"`
	DeduplicationScope            string `yaml:"DeduplicationScope"`
	FifoThroughputLimit           string `yaml:"FifoThroughputLimit"`
	VisibilityTimeout             *int   `yaml:"VisibilityTimeout"`
	MessageRetentionPeriod        *int   `yaml:"MessageRetentionPeriod"`
	ReceiveMessageWaitTimeSeconds *int   `yaml:"ReceiveMessageWaitTimeSeconds"`
	DelaySeconds                  *int   `yaml:"DelaySeconds"`
	MaximumMessageSize            *int   `yaml:"MaximumMessageSize"`
	RedrivePolicy                 *struct {
		DeadLetterTargetArn string `yaml:"deadLetterTargetArn"`
		MaxReceiveCount     int    `yaml:"maxReceiveCount"`
	} `yaml:"RedrivePolicy"`
}

func (l *loader) queue(id string, n *yaml.Node) {
	var p queueProperties
	if !l.properties(id, typeQueue, n, &p) {
		return
	}
	q := Queue{ID: id, Name: p.QueueName, FIFO: p.FifoQueue, Attributes: map[string]string{}}
	if p.FifoQueue {
		q.Attributes["FifoQueue"] = "true"
		q.Attributes["ContentBasedDeduplication"] = strconv.FormatBool(p.ContentBasedDeduplication)
	}
	for name, value := range map[string]string{"DeduplicationScope": p.DeduplicationScope, "FifoThroughputLimit": p.FifoThroughputLimit} {
		if value != "" {
			q.Attributes[name] = value
		}
	}
	for name, value := range map[string]*int{
		"VisibilityTimeout": p.VisibilityTimeout, "MessageRetentionPeriod": p.MessageRetentionPeriod, "DelaySeconds": p.DelaySeconds,
		"ReceiveMessageWaitTimeSeconds": p.ReceiveMessageWaitTimeSeconds, "MaximumMessageSize": p.MaximumMessageSize,
	} {
		if value != nil {
			q.Attributes[name] = strconv.Itoa(*value)
		}
	}
	if p.RedrivePolicy != nil {
		dead, err := l.source(p.RedrivePolicy.DeadLetterTargetArn, typeQueue, "Arn")
		if err != nil {
			l.faults.add(n.Line, id, "the RedrivePolicy %v", err)
			return
		}
		q.DeadLetters, q.MaxReceives = dead, p.RedrivePolicy.MaxReceiveCount
	}
	l.out.Queues = append(l.out.Queues, q)
}

type keySchema []struct {
	AttributeName string `yaml:"AttributeName"`
	KeyType       string `yaml:"KeyType"`
}

type tableProperties struct {
	TableName            string `yaml:"TableName"`
	AttributeDefinitions []struct {
		AttributeName string `yaml:"AttributeName"`
		AttributeType string `yaml:"AttributeType"`
	} `yaml:"AttributeDefinitions"`
	KeySchema              keySchema `yaml:"KeySchema"`
	GlobalSecondaryIndexes []struct {
		IndexName  string    `yaml:"IndexName"`
		KeySchema  keySchema `yaml:"KeySchema"`
		Projection struct {
			ProjectionType   string   `yaml:"ProjectionType"`
			NonKeyAttributes []string `yaml:"NonKeyAttributes"`
		} `yaml:"Projection"`
	} `yaml:"GlobalSecondaryIndexes"`
	StreamSpecification struct {
		StreamViewType string `yaml:"StreamViewType"`
	} `yaml:"StreamSpecification"`
	TimeToLiveSpecification struct {
		AttributeName string `yaml:"AttributeName"`
		Enabled       bool   `yaml:"Enabled"`
	} `yaml:"TimeToLiveSpecification"`
}

func (l *loader) table(id string, n *yaml.Node) {
	var p tableProperties
	if !l.properties(id, typeTable, n, &p) {
		return
	}
	types := map[string]string{}
	for _, a := range p.AttributeDefinitions {
		types[a.AttributeName] = a.AttributeType
	}
	t := Table{ID: id, Name: p.TableName, Stream: p.StreamSpecification.StreamViewType}
	t.Hash, t.Range = l.keys(id, n, p.KeySchema, types)
	for _, i := range p.GlobalSecondaryIndexes {
		index := Index{Name: i.IndexName, Projection: i.Projection.ProjectionType, Attributes: i.Projection.NonKeyAttributes}
		index.Hash, index.Range = l.keys(id, n, i.KeySchema, types)
		t.Indexes = append(t.Indexes, index)
	}
	if p.TimeToLiveSpecification.Enabled {
		t.TTL = p.TimeToLiveSpecification.AttributeName
	}
	l.out.Tables = append(l.out.Tables, t)
}

func (l *loader) keys(id string, n *yaml.Node, schema keySchema, types map[string]string) (hash, sort Key) {
	for _, k := range schema {
		key := Key{Name: k.AttributeName, Type: types[k.AttributeName]}
		if key.Type == "" {
			l.faults.add(n.Line, id, "the key %s is not among the AttributeDefinitions", k.AttributeName)
		}
		if k.KeyType == "HASH" {
			hash = key
		} else {
			sort = key
		}
	}
	if hash.Name == "" {
		l.faults.add(n.Line, id, "a KeySchema has no HASH key")
	}
	return hash, sort
}

func (l *loader) bucket(id string, n *yaml.Node) {
	var p struct {
		BucketName string `yaml:"BucketName"`
	}
	if l.properties(id, typeBucket, n, &p) {
		l.out.Buckets = append(l.out.Buckets, Bucket{ID: id, Name: p.BucketName})
	}
}
