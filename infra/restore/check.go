package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// parts is what a table holds, as far as one thing names another.
type parts struct {
	count map[string]int
	there map[string]bool   // by pk/sk
	named map[string]string // what must be there → what names it
}

// add sorts an item in. The keys are those of the map in shared/table/keys.go.
func (p *parts) add(it item) error {
	pk, sk := text(it, "pk"), text(it, "sk")
	kind, id, _ := strings.Cut(pk, "#")
	p.there[pk+"/"+sk] = true
	what := strings.ToLower(kind)
	part, _, _ := strings.Cut(sk, "#")
	if (kind == "CONV" && part != "HEAD") || (kind == "CONTACT" && part != "HEAD") {
		what += " " + strings.ToLower(part)
	}
	p.count[what]++
	name := func(pk, sk string) { p.named[pk+"/"+sk] = text(it, "pk") + "/" + text(it, "sk") }
	switch {
	case kind == "CONV" && sk != "HEAD" && !strings.HasPrefix(id, "hooks."):
		name(pk, "HEAD")
	case kind == "CONTACT" && part == "CONV":
		name("CONV#"+strings.TrimPrefix(sk, "CONV#"), "HEAD")
	case kind == "THREAD" && text(it, "c") != "":
		name("CONV#"+text(it, "c"), "HEAD")
	case kind == "EXT" && text(it, "c") != "" && text(it, "k") != "" && it["gone"] == nil:
		name("CONV#"+text(it, "c"), "MSG#"+text(it, "k"))
	}
	return nil
}

// missing are the things that are named and not there, in words.
func (p *parts) missing() []string {
	var out []string
	for what, by := range p.named {
		if !p.there[what] {
			out = append(out, what+" is missing, which "+by+" names")
		}
	}
	slices.Sort(out)
	return out
}

func (s *store) look(ctx context.Context) (*parts, error) {
	p := &parts{map[string]int{}, map[string]bool{}, map[string]string{}}
	return p, s.each(ctx, p.add)
}

// shown is how many missing things are named one by one.
const shown = 20

// check says what the table holds; things that miss their other half are an error.
func (s *store) check(ctx context.Context, out io.Writer) error {
	p, err := s.look(ctx)
	if err != nil {
		return err
	}
	p.tell(out, s.name)
	missing := p.missing()
	if len(missing) == 0 {
		_, err = fmt.Fprintln(out, "everything that is named is there")
		return err
	}
	for _, words := range missing[:min(len(missing), shown)] {
		_, _ = fmt.Fprintln(out, words) // the error below says it as well
	}
	return fmt.Errorf("%d things are named and not there", len(missing))
}

func (p *parts) tell(out io.Writer, name string) {
	_, _ = fmt.Fprintf(out, "%s holds %d items:", name, len(p.there)) // whoever closed the output wants no more
	for _, what := range slices.Sorted(maps.Keys(p.count)) {
		_, _ = fmt.Fprintf(out, " %d %s,", p.count[what], what)
	}
	_, _ = fmt.Fprintln(out)
}

// drill restores the table into one of its own beside it, from an export, and compares the two.
func (s *store) drill(ctx context.Context, out io.Writer) error {
	var file bytes.Buffer
	n, err := s.export(ctx, &file)
	if err != nil {
		return err
	}
	exported := slices.Sorted(strings.Lines(file.String()))
	copied, err := s.beside(ctx)
	if err != nil {
		return err
	}
	defer copied.drop(context.WithoutCancel(ctx), out)
	if _, err := copied.load(ctx, &file); err != nil {
		return err
	}
	var again bytes.Buffer
	if _, err := copied.export(ctx, &again); err != nil {
		return err
	}
	if !slices.Equal(exported, slices.Sorted(strings.Lines(again.String()))) {
		return errors.New("the restored table is not the same")
	}
	if err := copied.check(ctx, out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d items were exported and restored: the same\n", n)
	return err
}

// beside makes an empty table with the same keys and indexes.
func (s *store) beside(ctx context.Context) (*store, error) {
	is, err := s.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.name})
	if err != nil {
		return nil, fmt.Errorf("the table %s can't be looked at: %w", s.name, err)
	}
	name := s.name + "-drill-" + rand.Text()[:6]
	in := &dynamodb.CreateTableInput{
		TableName: &name, KeySchema: is.Table.KeySchema, AttributeDefinitions: is.Table.AttributeDefinitions, BillingMode: types.BillingModePayPerRequest,
	}
	for _, x := range is.Table.GlobalSecondaryIndexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: x.IndexName, KeySchema: x.KeySchema, Projection: x.Projection})
	}
	if _, err := s.db.CreateTable(ctx, in); err != nil {
		return nil, fmt.Errorf("a table beside %s can't be made: %w", s.name, err)
	}
	return &store{s.db, name}, nil
}

func (s *store) drop(ctx context.Context, out io.Writer) {
	if _, err := s.db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &s.name}); err != nil {
		_, _ = fmt.Fprintf(out, "the table %s of the drill is left over: %v\n", s.name, err)
	}
}

func text(it item, name string) string {
	if v, ok := it[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}
