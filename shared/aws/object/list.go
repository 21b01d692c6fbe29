package object

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/desk"
)

type listing struct {
	Contents []struct {
		Key          string
		Size         int64
		LastModified time.Time
	}
	IsTruncated bool
}

// List gives the objects whose keys begin with prefix and come after the key named (empty: from the first), in the order
// of their keys, a thousand at most; more tells whether there are others after the last.
func (s *Store) List(ctx context.Context, prefix, after string, most int) (found []Info, more bool, err error) {
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}, "max-keys": {strconv.Itoa(min(max(most, 1), 1000))}}
	if after != "" {
		query.Set("start-after", after)
	}
	res, err := s.do(ctx, "", query, aws.Call{Method: http.MethodGet})
	if err != nil {
		return nil, false, err
	}
	var out listing
	if err := readXML(res, &out); err != nil {
		return nil, false, err
	}
	for _, o := range out.Contents {
		found = append(found, Info{Key: o.Key, Size: o.Size, ChangedAt: o.LastModified.UTC()})
	}
	return found, out.IsTruncated, nil
}

func readXML(res *http.Response, out any) error {
	defer res.Body.Close() //nolint:errcheck // read to its end, or given up
	if err := xml.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(out); err != nil {
		return desk.Refuse(desk.Busy, "The file store's answer could not be read. Try again shortly.").Because(err)
	}
	return nil
}

// Keys are the keys of the first objects under a prefix, at most a thousand.
func (s *Store) Keys(ctx context.Context, prefix string, most int) ([]string, error) {
	found, _, err := s.List(ctx, prefix, "", most)
	keys := make([]string, len(found))
	for i, o := range found {
		keys[i] = o.Key
	}
	return keys, err
}

// Older are the keys of the first objects under a prefix that were last changed before a time, at most a thousand.
func (s *Store) Older(ctx context.Context, prefix string, before time.Time, most int) ([]string, error) {
	var keys []string
	after := ""
	for {
		found, more, err := s.List(ctx, prefix, after, 1000)
		if err != nil {
			return keys, err
		}
		for _, o := range found {
			after = o.Key
			if o.ChangedAt.Before(before) && len(keys) < min(most, 1000) {
				keys = append(keys, o.Key)
			}
		}
		if !more || len(keys) == min(most, 1000) {
			return keys, nil
		}
	}
}
