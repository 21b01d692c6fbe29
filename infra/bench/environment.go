package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/loket-desk/loket/infra/local/template"
)

// resources are what the template's resources are called on the servers, and where the servers are.
type resources struct {
	names     template.Names
	endpoints map[string]string // environment variable → address
}

// loadTemplate reads the template as the local run does.
func loadTemplate() (*template.Template, error) {
	return template.Load(template.Options{
		Path: "template.yaml", Region: "us-east-1", AccountID: "000000000000", StackName: "loket",
		Parameters: map[string]string{"PublicUrl": "http://localhost:8080", "MailDomain": "loket.test", "AllowPrivate": "127.0.0.0/8,::1/128"},
	})
}

// imagined are resources that nobody looks for: a start-up only reads their names. All servers are at one address.
func imagined(t *template.Template, address string) resources {
	r := resources{names: template.Names{}, endpoints: map[string]string{}}
	for _, q := range t.Queues {
		r.names[q.ID] = map[string]string{"": address + "/000000000000/" + q.ID, "QueueUrl": address + "/000000000000/" + q.ID}
	}
	for _, x := range t.Tables {
		r.names[x.ID] = map[string]string{"": x.ID}
	}
	for _, x := range t.Buckets {
		r.names[x.ID] = map[string]string{"": strings.ToLower(x.ID)}
	}
	for _, service := range []string{"DYNAMODB", "SQS", "S3", "SESV2", "SSM"} {
		r.endpoints["AWS_ENDPOINT_URL_"+service] = address
	}
	return r
}

// environment is what Lambda and the template give a function.
func (r resources) environment(f template.Function) ([]string, error) {
	env := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC", "LANG": "en_US.UTF-8", "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_LAMBDA_FUNCTION_NAME": f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "_HANDLER": "bootstrap",
	}
	for name, value := range f.Environment {
		v, err := r.names.Expand(value)
		if err != nil {
			return nil, err
		}
		env[name] = v
	}
	maps.Copy(env, r.endpoints)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out, nil
}
