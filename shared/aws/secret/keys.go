package secret

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

// key is one master key, 32 bytes.
type key struct {
	id    string
	bytes []byte
}

// parse reads the parameter's value: a line a key, `<id>:<base64 of 32 bytes>`, the newest first. A key without an id gets
// one from its hash.
func parse(value string) ([]key, error) {
	var keys []key
	lines := bufio.NewScanner(strings.NewReader(value))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		id, text, named := strings.Cut(line, ":")
		if !named {
			id, text = "", line
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != 32 || (named && id == "") || strings.ContainsAny(id, ". ") {
			return nil, fmt.Errorf("line %d of the master key must be an id, a colon and 32 bytes in base64", n)
		}
		if !named {
			sum := sha256.Sum256(raw)
			id = hex.EncodeToString(sum[:4])
		}
		keys = append(keys, key{id, raw})
	}
	if len(keys) == 0 {
		return nil, errors.New("the master key's parameter is empty")
	}
	return keys, lines.Err()
}

// fetch reads the parameter. The value is in no error.
func fetch(ctx context.Context, cloud *aws.Client, parameter string) ([]key, error) {
	var out struct{ Parameter struct{ Value string } }
	err := cloud.JSON(ctx, aws.SSM, "1.1", "AmazonSSM.GetParameter",
		map[string]any{"Name": parameter, "WithDecryption": true}, &out)
	var f *aws.Failure
	if errors.As(err, &f) {
		return nil, f.Refusal(desk.Internal, "The master key can't be read.")
	}
	if err != nil {
		return nil, err
	}
	keys, err := parse(out.Parameter.Value)
	if err != nil {
		return nil, desk.Refuse(desk.Internal, "The master key can't be read.").Because(err)
	}
	return keys, nil
}
