package api

import (
	"context"
	"time"

	"github.com/loket-desk/loket/shared/desk"
)

// CustomChannels keeps registered channels, their accounts and what integrations are told of them. ConnectAccount is a
// Conflict for a token that was used before; Staging is NotFound for one that is over.
type CustomChannels interface {
	SaveCustomChannel(ctx context.Context, x desk.CustomChannel, by desk.Audit) (desk.CustomChannel, error)
	SaveAccount(ctx context.Context, x desk.Channel, tell *desk.Message, by desk.Audit) (desk.Channel, error)
	ConnectAccount(ctx context.Context, x desk.Channel, token string, tell *desk.Message, by desk.Audit) (desk.Channel, error)
	NewStaging(ctx context.Context, s desk.Staging) error
	Staging(ctx context.Context, token string) (desk.Staging, error)
}

// Filings is what filing a message in line needs beside the filer: one call at a time for one message, what was filed
// before, and what became of it.
type Filings interface {
	TakeLease(ctx context.Context, name string, length time.Duration) (nonce string, taken bool, err error)
	EndLease(ctx context.Context, name, nonce string) error
	FindMessages(ctx context.Context, ch desk.ChannelID, ids []string) (map[string]desk.MessageID, error)
	ApplyStatus(ctx context.Context, ch desk.ChannelID, thread, target string, news desk.StatusNews) error
}

// Filer files a message in the same steps as the router does. NotFound when its channel is gone.
type Filer interface {
	File(ctx context.Context, e desk.Inbound) (desk.Filed, error)
}
