// Package config reads the environment, once and in this one place, and says in a sentence what is wrong with it.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// The names of the variables that the template sets. An empty value means "not set": SAM can pass only declared
// variables, so the template declares some of them empty.
const (
	Table              = "TABLE"
	Bucket             = "BUCKET"
	QueueInbound       = "QUEUE_INBOUND"
	QueueTickets       = "QUEUE_TICKETS"
	QueueOutbound      = "QUEUE_OUTBOUND"
	QueueMail          = "QUEUE_MAIL"
	DeadInbound        = "DEAD_INBOUND"
	DeadTickets        = "DEAD_TICKETS"
	DeadOutbound       = "DEAD_OUTBOUND"
	DeadMail           = "DEAD_MAIL"
	MailDomain         = "MAIL_DOMAIN"
	PublicURL          = "PUBLIC_URL"
	MasterKeyParameter = "MASTER_KEY_PARAMETER"
	AllowPrivate       = "ALLOW_PRIVATE"
	LogLevel           = "LOG_LEVEL"
	ConfigurationSet   = "CONFIGURATION_SET"
	OIDCIssuer         = "OIDC_ISSUER"
	OIDCAudience       = "OIDC_AUDIENCE"
	ConsoleOrigin      = "CONSOLE_ORIGIN"
	EndpointDynamoDB   = "AWS_ENDPOINT_URL_DYNAMODB"
	EndpointSQS        = "AWS_ENDPOINT_URL_SQS"
	EndpointS3         = "AWS_ENDPOINT_URL_S3"
	EndpointSESV2      = "AWS_ENDPOINT_URL_SESV2"
	EndpointSSM        = "AWS_ENDPOINT_URL_SSM"
)

// The names of the variables that Lambda itself sets.
const (
	Region       = "AWS_REGION"
	accessKey    = "AWS_ACCESS_KEY_ID"
	secretKey    = "AWS_SECRET_ACCESS_KEY"
	sessionToken = "AWS_SESSION_TOKEN"
	functionName = "AWS_LAMBDA_FUNCTION_NAME"
)

// Config is the environment in the product's words. A field that was not set is empty.
type Config struct {
	Table        string
	Bucket       string
	Queues       map[string]string // addresses by the queue's name in desk: inbound, tickets, outbound, mail
	DeadLetters  map[string]string // addresses of their dead-letter queues, by the same names
	MailDomain   string            // lower case; mail to <anything>@ it is ours
	PublicURL    string            // base address of the API without a trailing slash
	MasterKey    string            // name of the SSM parameter that holds the master key
	AllowPrivate []netip.Prefix    // private addresses that may be called although an address came from data
	LogLevel     slog.Level        // INFO unless set
	MailEvents   string            // the SES configuration set that reports what becomes of a mail
	OIDCIssuer   string
	OIDCAudience string
	// ConsoleOrigin is where the console's pages lie when not on the API's own address, without a trailing slash.
	ConsoleOrigin string
	Region        string
	Function      string // name of the Lambda function; empty outside of Lambda
	Credentials   Credentials
	Endpoints     Endpoints
}

// Endpoints are the addresses of servers that stand in for AWS services; empty is AWS itself.
type Endpoints struct {
	DynamoDB, SQS, S3, SESV2, SSM string
}

// Credentials sign calls to AWS. They never print themselves.
type Credentials struct {
	AccessKey, Secret, Token string
}

// String hides the secret from every log and error text.
func (c Credentials) String() string { return "credentials of " + c.AccessKey }

// GoString hides the secret from %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue hides the secret from slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Read reads the environment. The variables named in need must be set, besides the region; the error lists everything
// that is missing or malformed, one sentence each.
func Read(need ...string) (Config, error) {
	r := reader{}
	for _, name := range append([]string{Region}, need...) {
		r.require(name)
	}
	c := Config{
		Table:         r.get(Table),
		Bucket:        r.get(Bucket),
		MailDomain:    strings.ToLower(r.get(MailDomain)),
		PublicURL:     strings.TrimRight(r.address(PublicURL), "/"),
		MasterKey:     r.get(MasterKeyParameter),
		AllowPrivate:  r.prefixes(AllowPrivate),
		LogLevel:      r.level(LogLevel),
		MailEvents:    r.get(ConfigurationSet),
		OIDCIssuer:    r.address(OIDCIssuer),
		OIDCAudience:  r.get(OIDCAudience),
		ConsoleOrigin: strings.TrimRight(r.address(ConsoleOrigin), "/"),
		Region:        r.get(Region),
		Function:      r.get(functionName),
		Credentials:   Credentials{r.get(accessKey), r.get(secretKey), r.get(sessionToken)},
		Queues: r.addresses(map[string]string{
			"inbound": QueueInbound, "tickets": QueueTickets, "outbound": QueueOutbound, "mail": QueueMail,
		}),
		DeadLetters: r.addresses(map[string]string{
			"inbound": DeadInbound, "tickets": DeadTickets, "outbound": DeadOutbound, "mail": DeadMail,
		}),
		Endpoints: Endpoints{
			DynamoDB: r.endpoint(EndpointDynamoDB), SQS: r.endpoint(EndpointSQS), S3: r.endpoint(EndpointS3),
			SESV2: r.endpoint(EndpointSESV2), SSM: r.endpoint(EndpointSSM),
		},
	}
	if c.Credentials.AccessKey == "" || c.Credentials.Secret == "" {
		r.wrong("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set: Lambda sets them, elsewhere export them")
	}
	return c, errors.Join(r.problems...)
}

// Names are all variables that Read takes from the template, in no particular order.
func Names() []string {
	return []string{
		Table, Bucket, QueueInbound, QueueTickets, QueueOutbound, QueueMail, DeadInbound, DeadTickets, DeadOutbound,
		DeadMail, MailDomain, PublicURL, MasterKeyParameter, AllowPrivate, LogLevel, ConfigurationSet, OIDCIssuer,
		OIDCAudience, ConsoleOrigin, EndpointDynamoDB, EndpointSQS, EndpointS3, EndpointSESV2, EndpointSSM,
	}
}

// reader collects what is wrong, so that one look shows all of it.
type reader struct{ problems []error }

func (r *reader) wrong(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) get(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func (r *reader) require(name string) {
	if r.get(name) == "" {
		r.wrong("%s must be set", name)
	}
}

// address is an absolute http or https address, or nothing.
func (r *reader) address(name string) string {
	v := r.get(name)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		r.wrong("%s must be an address such as https://desk.example.com, and is %q", name, v)
		return ""
	}
	return v
}

func (r *reader) endpoint(name string) string { return strings.TrimRight(r.address(name), "/") }

func (r *reader) addresses(names map[string]string) map[string]string {
	out := make(map[string]string, len(names))
	for queue, name := range names {
		if v := r.address(name); v != "" {
			out[queue] = v
		}
	}
	return out
}

// prefixes reads networks and single addresses, separated by commas.
func (r *reader) prefixes(name string) []netip.Prefix {
	var out []netip.Prefix
	for part := range strings.SplitSeq(r.get(name), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if a, single := netip.ParseAddr(part); err != nil && single == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			r.wrong("%s must hold networks such as 10.0.0.0/8, separated by commas; %q is none", name, part)
			continue
		}
		out = append(out, p.Masked())
	}
	return out
}

func (r *reader) level(name string) slog.Level {
	v := r.get(name)
	if v == "" {
		return slog.LevelInfo
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(v)); err != nil {
		r.wrong("%s must be DEBUG, INFO, WARN or ERROR, and is %q", name, v)
	}
	return l
}
