package all_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loket-desk/loket/shared/channel"
	"github.com/loket-desk/loket/shared/channel/all"
	"github.com/loket-desk/loket/shared/desk"
)

var update = flag.Bool("update", false, "write docs/channels.md anew")

const page = "../../../docs/channels.md"

// TestTheChannelsPageSaysWhatTheCodeCan holds the table of docs/channels.md to the capabilities in the code.
func TestTheChannelsPageSaysWhatTheCodeCan(t *testing.T) {
	want := document()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("docs/channels.md is not what the code says; go test ./shared/channel/all -update writes it anew (%v)", err)
	}
}

func document() string {
	var b strings.Builder
	b.WriteString("# Channels\n\nWhat each channel can do, made from the code's capabilities by a test. The API refuses by them before anything is\nqueued, and tells them to clients in `GET /v1/channel-types`.\n\n")
	b.WriteString("| channel | type | text | files out | text beside a file | answers one message | reports | window | we may write first | sent twice is sent once |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, k := range all.All() {
		c := k.Capabilities
		cells := []string{
			k.Name, "`" + string(k.Type) + "`", text(c), files(c), yes(c.CaptionLimit > 0 || c.Subject), yes(c.Replies), reports(c.Receipts), window(c), yes(c.Start), once(c),
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	b.WriteString("\nA custom channel declares its own; see [custom-channels.md](custom-channels.md).\n\n## What connecting asks for\n")
	for _, k := range all.All() {
		fmt.Fprintf(&b, "\n### %s (`%s`)\n\n%s\n", k.Name, k.Type, k.Description)
		for _, f := range k.Fields {
			kind := "setting"
			if f.Secret {
				kind = "credential, kept sealed"
			}
			if !f.Required {
				kind += ", optional"
			}
			fmt.Fprintf(&b, "\n- `%s` (%s): %s. %s", f.Name, kind, f.Label, f.Help)
		}
		if len(k.Fields) > 0 {
			b.WriteString("\n")
		}
	}
	return b.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "–"
}

func once(c channel.Capabilities) string {
	if c.IdempotentText {
		return "texts"
	}
	return yes(c.Idempotent)
}

func text(c channel.Capabilities) string {
	if c.ReceiveOnly {
		return "receives only"
	}
	if c.TextLimit == 0 {
		return "no limit"
	}
	unit := map[channel.Unit]string{channel.Characters: "characters", channel.UTF16: "UTF-16 units", channel.Bytes: "bytes"}[c.TextUnit]
	if c.TextPart > 0 && c.TextPart < c.TextLimit {
		return fmt.Sprintf("%d %s, in parts of %d", c.TextLimit, unit, c.TextPart)
	}
	return fmt.Sprintf("%d %s", c.TextLimit, unit)
}

func files(c channel.Capabilities) string {
	var out []string
	for _, r := range c.Attachments {
		kind := r.Type
		if kind == "" {
			kind = "any"
		}
		out = append(out, fmt.Sprintf("%s ≤ %.4g MB", kind, float64(r.MaxSize)/(1<<20)))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

func reports(states []desk.State) string {
	var out []string
	for _, s := range states {
		out = append(out, strings.ToLower(string(s)))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

func window(c channel.Capabilities) string {
	if c.Window == 0 {
		return "–"
	}
	out := fmt.Sprintf("%.0f h", c.Window.Hours())
	if c.HumanWindow > 0 {
		out += fmt.Sprintf(", a person's answer %.0f days", c.HumanWindow.Hours()/24)
	}
	if c.Template {
		out += ", then templates"
	}
	return out
}
