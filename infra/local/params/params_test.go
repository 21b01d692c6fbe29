package params

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
)

func started(t *testing.T) (dir string, s *Server, client *ssm.Client, log *bytes.Buffer) {
	t.Helper()
	dir, log = t.TempDir(), &bytes.Buffer{}
	s, err := Start(Options{Dir: dir, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	client = ssm.New(ssm.Options{
		Region: "us-east-1", BaseEndpoint: &s.Endpoint, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	return dir, s, client, log
}

func TestAParameterOfAFileIsReadDecrypted(t *testing.T) {
	dir, _, client, log := started(t)
	const name = "/loket/test/master-key"
	if err := Put(dir, name, "top secret"); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(name), WithDecryption: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	p := out.Parameter
	if *p.Value != "top secret" || *p.Name != name || p.Type != types.ParameterTypeSecureString || p.Version != 1 || p.LastModifiedDate == nil {
		t.Errorf("got %+v", p)
	}
	byARN, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: p.ARN, WithDecryption: aws.Bool(true)})
	if err != nil || *byARN.Parameter.Value != "top secret" {
		t.Errorf("by ARN %s: %v", *p.ARN, err)
	}
	if strings.Contains(log.String(), "top secret") || !strings.Contains(log.String(), name) {
		t.Errorf("the log says %q", log)
	}
	info, err := os.Stat(filepath.Join(dir, "ssm", "%2Floket%2Ftest%2Fmaster-key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v, %v", info, err)
	}
}

func TestASecretThatIsReadWithoutDecryptionIsOfNoUse(t *testing.T) {
	dir, _, client, _ := started(t)
	if err := Put(dir, "key", "top secret"); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("key")})
	if err != nil || strings.Contains(*out.Parameter.Value, "secret") {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestAMissingParameterIsSaidAsSSMSaysIt(t *testing.T) {
	_, _, client, _ := started(t)
	_, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/none")})
	var missing *types.ParameterNotFound
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

func TestAParameterIsOverwrittenOnlyWhenAsked(t *testing.T) {
	dir, _, client, _ := started(t)
	put := func(value string, overwrite bool) (int64, error) {
		out, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("key"), Value: &value, Type: types.ParameterTypeSecureString, Overwrite: &overwrite,
		})
		if err != nil {
			return 0, err
		}
		return out.Version, nil
	}
	if v, err := put("one", false); v != 1 || err != nil {
		t.Fatalf("version %d, %v", v, err)
	}
	var exists *types.ParameterAlreadyExists
	if _, err := put("two", false); !errors.As(err, &exists) {
		t.Errorf("got %v", err)
	}
	if v, err := put("three", true); v != 2 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
	if got, err := Get(dir, "key"); got != "three" || err != nil {
		t.Errorf("the file says %q, %v", got, err)
	}
	out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("key"), WithDecryption: aws.Bool(true)})
	if err != nil || out.Parameter.Version != 2 {
		t.Errorf("version %v, %v", out, err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "ssm")); len(left) != 1 {
		t.Errorf("%d files", len(left))
	}
}

func TestNoNameLeavesTheFolder(t *testing.T) {
	dir, _, client, _ := started(t)
	for _, name := range []string{"..", ".", "", "a b", "a\x00b", strings.Repeat("x", 1012), "käse"} {
		if err := Put(dir, name, "v"); !errors.Is(err, errName) {
			t.Errorf("put %q: %v", name, err)
		}
		if _, err := Get(dir, name); !errors.Is(err, errName) {
			t.Errorf("get %q: %v", name, err)
		}
	}
	if err := Put(dir, "/../../up", "v"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ssm", "%2F..%2F..%2Fup")); err != nil {
		t.Error(err)
	}
	_, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("a b")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" {
		t.Errorf("got %v", err)
	}
}

func TestBadCallsAreRefusedInSSMsWords(t *testing.T) {
	dir, s, client, _ := started(t)
	for _, c := range []struct{ target, body, want string }{
		{"AmazonSSM.GetParameter", "{", "SerializationException"},
		{"AmazonSSM.DeleteParameter", "{}", "UnknownOperationException"},
		{"AmazonSSM.PutParameter", `{"Name":"a","Value":"v"}`, "ValidationException"},
		{"AmazonSSM.PutParameter", `{"Name":"a","Type":"String"}`, "ValidationException"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Target", c.target)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusBadRequest || !bytes.Contains(body, []byte(`"__type":"`+c.want+`"`)) {
			t.Errorf("%s %s: %d %s", c.target, c.body, resp.StatusCode, body)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "ssm", "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("folder")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InternalServerError" {
		t.Errorf("got %v", err)
	}
}

func TestAFolderThatCantBeWrittenIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Put(file, "key", "v"); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("got %v", err)
	}
	if err := Put(t.TempDir(), "key", strings.Repeat("x", maxValue+1)); !errors.Is(err, errValue) {
		t.Errorf("got %v", err)
	}
	if _, err := Start(Options{Addr: "nowhere"}); err == nil {
		t.Error("it started on no port")
	}
}
