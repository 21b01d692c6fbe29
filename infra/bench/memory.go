package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/loket-desk/loket/infra/bench/probe"
	"github.com/loket-desk/loket/infra/local/template"
)

// memory compares the most memory that a warm function holds with a hello world's. Each works twice on its sample event,
// on the local run's servers.
func (b *bench) memory() error {
	s, err := b.running()
	if err != nil {
		return err
	}
	built, err := b.binaries()
	if err != nil {
		return err
	}
	hello, err := peakAfter(b.ctx, built[helloName], nil, []byte("{}"))
	if err != nil {
		return err
	}
	t, err := loadTemplate()
	if err != nil {
		return err
	}
	for _, f := range t.Functions {
		environment, err := s.resources().environment(f)
		if err != nil {
			return err
		}
		event, err := sample(f.Name)
		if err != nil {
			return err
		}
		peak, err := peakAfter(b.ctx, built[f.Name], environment, mustJSON(event))
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		b.add(limited("rss."+f.Name, float64(peak)/float64(hello), "× hello", fmt.Sprintf("%.1f MB of %d MB; hello %.1f MB", float64(peak)/1024, f.MemoryMB, float64(hello)/1024)))
	}
	return nil
}

// peakAfter is the most memory that a function held by the end of its second piece of work, in KB.
func peakAfter(ctx context.Context, binary string, environment []string, event []byte) (int, error) {
	p, err := probe.Start(ctx, binary, environment)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	for range 2 {
		if _, err := p.Invoke(ctx, event); err != nil {
			return 0, err
		}
	}
	return p.PeakKB()
}

// functionOf finds a function of the template.
func functionOf(t *template.Template, name string) (template.Function, error) {
	for _, f := range t.Functions {
		if f.Name == name {
			return f, nil
		}
	}
	return template.Function{}, errors.New("the template has no function " + name)
}
