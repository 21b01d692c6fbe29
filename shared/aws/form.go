package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"
)

// SignForm adds to the fields of a browser's upload form what makes S3 accept it until the time named: a policy that
// allows exactly these fields and the further conditions, and its signature.
func (c *Client) SignForm(bucket string, fields map[string]string, conditions []any, until time.Time) error {
	now := c.now().UTC()
	day := now.Format("20060102")
	fields["X-Amz-Algorithm"] = "AWS4-HMAC-SHA256"
	fields["X-Amz-Credential"] = c.credentials.AccessKeyID + "/" + day + "/" + c.region + "/s3/aws4_request"
	fields["X-Amz-Date"] = now.Format("20060102T150405Z")
	if c.credentials.SessionToken != "" {
		fields["X-Amz-Security-Token"] = c.credentials.SessionToken
	}
	conditions = append(conditions, map[string]string{"bucket": bucket})
	for name, value := range fields {
		conditions = append(conditions, map[string]string{name: value})
	}
	policy, err := json.Marshal(map[string]any{
		"expiration": until.UTC().Format("2006-01-02T15:04:05.000Z"), "conditions": conditions,
	})
	if err != nil {
		return err
	}
	fields["Policy"] = base64.StdEncoding.EncodeToString(policy)
	key := []byte("AWS4" + c.credentials.SecretAccessKey)
	for _, part := range []string{day, c.region, "s3", "aws4_request", fields["Policy"]} {
		key = mac(key, part)
	}
	fields["X-Amz-Signature"] = hex.EncodeToString(key)
	return nil
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
