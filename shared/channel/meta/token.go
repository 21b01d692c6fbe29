package meta

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loket-desk/loket/shared/channel"
)

// warnBefore is how long before its end a token's end is told.
const warnBefore = 14 * 24 * time.Hour

// Foresee warns of what will go wrong: a token that ends soon, a permission that is missing. Meta tells it of the token
// itself; where it does not, nothing is foreseen.
func (p API) Foresee(ctx context.Context, d channel.Doer, a channel.Account, needs ...string) string {
	if byLogin(a) {
		return "" // Instagram Login has no such call
	}
	var told struct {
		Data struct {
			Expires int64    `json:"expires_at"`
			Access  int64    `json:"data_access_expires_at"`
			Scopes  []string `json:"scopes"`
		} `json:"data"`
	}
	query := url.Values{"input_token": {a.Credentials[tokenField]}}
	if err := p.Ask(ctx, d, a, http.MethodGet, "debug_token", query, nil, &told); err != nil {
		return ""
	}
	var warnings []string
	for _, end := range []int64{told.Data.Expires, told.Data.Access} {
		if at := time.Unix(end, 0).UTC(); end > 0 && at.Sub(p.now()) < warnBefore {
			warnings = append(warnings, fmt.Sprintf("The access token ends on %s: make a new one, best of a system user, whose tokens don't end.", at.Format("2 January 2006")))
			break
		}
	}
	for _, scope := range needs {
		if len(told.Data.Scopes) > 0 && !slices.Contains(told.Data.Scopes, scope) {
			warnings = append(warnings, "The access token lacks the permission "+scope+".")
		}
	}
	return strings.Join(warnings, " ")
}
