// Package units counts the write units that requests to DynamoDB cost, by AWS's rules rather than by DynamoDB Local's
// figures, which leave out what transactions and refused conditions cost.
//
// A Meter stands between a client and the server as an http.RoundTripper: before and after each write it reads the item,
// and computes from its bytes and its index attributes what AWS would charge. It is for tests and benchmarks, one request
// at a time.
package units

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Index is what a global secondary index holds: its keys and what it projects besides the table's keys.
type Index struct {
	PK, SK    string
	Projected []string
}

// Meter counts. Counts are in write request units (a started KB of an item), doubled in transactions, and read units
// (a started 4 KB, half of that where reads may lag).
type Meter struct {
	Next    http.RoundTripper
	Indexes []Index

	mu       sync.Mutex
	writes   float64
	reads    float64
	requests int
}

// Counts is what was counted.
type Counts struct {
	Writes   float64
	Reads    float64
	Requests int
}

// Take gives the counts and begins anew.
func (m *Meter) Take() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := Counts{m.writes, m.reads, m.requests}
	m.writes, m.reads, m.requests = 0, 0, 0
	return c
}

// Loket's three indexes, as the template defines them.
func Loket() []Index {
	return []Index{
		{"g1", "h1", []string{"ch", "ct", "as", "tm", "wa"}},
		{"g2", "h2", []string{"wa", "ib", "ch", "ct"}},
		{"g3", "h3", nil},
	}
}

// RoundTrip passes a request on and counts it.
func (m *Meter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	writes := writesOf(op, body)
	before := make([]object, len(writes))
	for i, w := range writes {
		if before[i], err = m.read(r, w); err != nil {
			return nil, err
		}
	}
	resp, err := m.Next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	total := 0.0
	for i, w := range writes {
		after, err := m.read(r, w)
		if err != nil {
			return nil, err
		}
		total += m.cost(before[i], after, w.twice)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.writes += total
	m.reads += readsOf(op, body, answer)
	return resp, nil
}

// object is an item in DynamoDB's JSON.
type object map[string]json.RawMessage

// write is one item that a request writes.
type write struct {
	table string
	key   object
	twice bool // in a transaction
}

type action struct {
	TableName string
	Item, Key object
}

// writesOf are the items that a request writes, or checks in a transaction.
func writesOf(op string, body []byte) []write {
	var in struct {
		action
		TransactItems []struct{ Put, Update, Delete, ConditionCheck *action }
	}
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	switch op {
	case "PutItem", "UpdateItem", "DeleteItem":
		return []write{{in.TableName, in.keys(), false}}
	case "TransactWriteItems":
		var out []write
		for _, i := range in.TransactItems {
			for _, a := range []*action{i.Put, i.Update, i.Delete, i.ConditionCheck} {
				if a != nil {
					out = append(out, write{a.TableName, a.keys(), true})
				}
			}
		}
		return out
	}
	return nil
}

func (a action) keys() object {
	if a.Key != nil {
		return a.Key
	}
	return object{"pk": a.Item["pk"], "sk": a.Item["sk"]}
}

// read reads the item as it is, with the credentials of the request that is counted.
func (m *Meter) read(r *http.Request, w write) (object, error) {
	body, err := json.Marshal(map[string]any{"TableName": w.table, "Key": w.key, "ConsistentRead": true})
	if err != nil {
		return nil, err
	}
	get, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range []string{"Authorization", "X-Amz-Date", "Content-Type"} {
		get.Header.Set(h, r.Header.Get(h))
	}
	get.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	resp, err := m.Next.RoundTrip(get)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var out struct{ Item object }
	err = json.NewDecoder(resp.Body).Decode(&out)
	return out.Item, err
}

// cost is what a write costs: the larger of the item before and after, at least one unit, and what its indexes change.
// A refused condition costs like a write of the item that is there.
func (m *Meter) cost(before, after object, twice bool) float64 {
	units := max(kilobytes(before), kilobytes(after), 1)
	if twice {
		units *= 2
	}
	for _, ix := range m.Indexes {
		units += ix.cost(before, after)
	}
	return units
}

// entry is what the index holds of an item; nil where the item lacks one of its keys.
func (ix Index) entry(o object) object {
	if o[ix.PK] == nil || o[ix.SK] == nil {
		return nil
	}
	e := object{}
	for _, name := range append([]string{"pk", "sk", ix.PK, ix.SK}, ix.Projected...) {
		if v, ok := o[name]; ok {
			e[name] = v
		}
	}
	return e
}

func (ix Index) cost(before, after object) float64 {
	old, now := ix.entry(before), ix.entry(after)
	switch {
	case old == nil && now == nil:
		return 0
	case old == nil:
		return max(kilobytes(now), 1)
	case now == nil:
		return max(kilobytes(old), 1)
	case !same(old[ix.PK], now[ix.PK]) || !same(old[ix.SK], now[ix.SK]):
		return max(kilobytes(old), 1) + max(kilobytes(now), 1)
	}
	for _, name := range ix.Projected {
		if !same(old[name], now[name]) {
			return max(kilobytes(old), kilobytes(now), 1)
		}
	}
	return 0
}

func same(a, b json.RawMessage) bool { return bytes.Equal(a, b) }
