package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/loket-desk/loket/shared/desk"
)

// customList is a page of things in the contract's form.
type customList[T any] struct {
	Results []T           `json:"results"`
	Total   int           `json:"total"`
	Paging  *customPaging `json:"paging,omitempty"`
}

type customPaging struct {
	Next customNext `json:"next"`
}

type customNext struct {
	After string `json:"after"`
	Link  string `json:"link"`
}

// customPageSize is how long a page is unless the caller says, and at most.
const (
	customPageSize = 25
	customPageMost = 100
)

// customPage cuts a page out of all things there are, in their order; id names each.
func customPage[T any](a *API, in customCall, all []T, id func(T) string) (customAnswer, error) {
	q := in.r.URL.Query()
	limit := customPageSize
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > customPageMost {
			return customAnswer{}, desk.RefuseField("limit", fmt.Sprintf("is a number from 1 to %d", customPageMost))
		}
		limit = n
	}
	rest := all
	if after := q.Get("after"); after != "" {
		i := slices.IndexFunc(all, func(x T) bool { return id(x) == after })
		if i < 0 {
			return customAnswer{}, desk.RefuseField("after", "is the after of a page before")
		}
		rest = all[i+1:]
	}
	out := customList[T]{Results: rest[:min(limit, len(rest))], Total: len(all)}
	if out.Results == nil {
		out.Results = []T{}
	}
	if len(rest) > limit {
		last := id(rest[limit-1])
		next := url.Values{}
		for name, v := range q {
			next[name] = v
		}
		next.Set("after", last)
		out.Paging = &customPaging{customNext{last, a.base(in.r.Context()) + in.r.URL.Path + "?" + next.Encode()}}
	}
	return customAnswer{200, out}, nil
}

// flagOf reads a query parameter that is true or false; absent is false.
func flagOf(q url.Values, name string) (bool, error) {
	switch q.Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, desk.RefuseField(name, "is true or false")
}
