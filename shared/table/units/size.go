package units

import (
	"encoding/base64"
	"encoding/json"
	"math"
)

// kilobytes is how many started kilobytes an item has.
func kilobytes(o object) float64 { return math.Ceil(float64(Size(o)) / 1024) }

// Size is an item's size in bytes by AWS's rules: names and values; a number takes a byte for two digits and one more, a
// list or map three bytes and one for each element.
func Size(o map[string]json.RawMessage) int {
	n := 0
	for name, v := range o {
		n += len(name) + sizeOf(v)
	}
	return n
}

func sizeOf(raw json.RawMessage) int {
	var v struct {
		S, N *string
		B    *string
		SS   []string
		NS   []string
		L    []json.RawMessage
		M    map[string]json.RawMessage
	}
	if json.Unmarshal(raw, &v) != nil {
		return len(raw)
	}
	switch {
	case v.S != nil:
		return len(*v.S)
	case v.N != nil:
		return number(*v.N)
	case v.B != nil:
		return base64.StdEncoding.DecodedLen(len(*v.B))
	case v.SS != nil:
		n := 0
		for _, s := range v.SS {
			n += len(s)
		}
		return n
	case v.NS != nil:
		n := 0
		for _, s := range v.NS {
			n += number(s)
		}
		return n
	case v.L != nil:
		n := 3
		for _, e := range v.L {
			n += 1 + sizeOf(e)
		}
		return n
	case v.M != nil:
		return 3 + len(v.M) + Size(v.M)
	}
	return 1
}

func number(s string) int { return (len(s)+1)/2 + 1 }

// readsOf is what a request reads: a started 4 KB is one unit, half where it may lag.
func readsOf(op string, in, out []byte) float64 {
	var q struct {
		ConsistentRead bool
		RequestItems   map[string]struct{ ConsistentRead bool }
	}
	var a struct {
		Item      object
		Items     []object
		Responses map[string][]object
	}
	if json.Unmarshal(in, &q) != nil || json.Unmarshal(out, &a) != nil {
		return 0
	}
	factor := 0.5
	if q.ConsistentRead {
		factor = 1
	}
	switch op {
	case "GetItem":
		return factor * max(math.Ceil(float64(Size(a.Item))/4096), 1)
	case "Query", "Scan":
		n := 0
		for _, it := range a.Items {
			n += Size(it)
		}
		return factor * max(math.Ceil(float64(n)/4096), 1)
	case "BatchGetItem":
		total := 0.0
		for _, items := range a.Responses {
			for _, it := range items {
				total += 0.5 * max(math.Ceil(float64(Size(it))/4096), 1)
			}
		}
		return total
	}
	return 0
}
