package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/loket-desk/loket/infra/bench/probe"
)

// startRounds is how often each function is started. Within a round each starts once, so that whatever else the machine
// does meets all of them alike.
const startRounds = 50

type starts struct{ wall, cpu []time.Duration }

// coldStarts compares how long the functions take until they ask for work, and what CPU that costs, with a hello world.
// The servers that they open connections to are one that only says yes, without TLS.
func (b *bench) coldStarts() error {
	built, err := b.binaries()
	if err != nil {
		return err
	}
	t, err := loadTemplate()
	if err != nil {
		return err
	}
	yes := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer yes.Close()
	r := imagined(t, yes.URL)
	environments := map[string][]string{helloName: nil}
	for _, f := range t.Functions {
		if built[f.Name] == "" {
			continue
		}
		if environments[f.Name], err = r.environment(f); err != nil {
			return err
		}
	}
	took := map[string]*starts{}
	for round := range startRounds + 2 { // the first two bring the binaries into memory
		for name, env := range environments {
			p, err := probe.Start(b.ctx, built[name], env)
			if err != nil {
				return fmt.Errorf("starting %s: %w", name, err)
			}
			p.Close()
			if took[name] == nil || round == 2 {
				took[name] = &starts{}
			}
			took[name].wall = append(took[name].wall, p.Init.Wall)
			took[name].cpu = append(took[name].cpu, p.Init.CPU)
		}
	}
	b.startRows(took)
	return nil
}

// startRows tells the worse of the two ratios: both have the same budget.
func (b *bench) startRows(took map[string]*starts) {
	names, _ := functions() // they were built from this list
	hello := took[helloName]
	for _, n := range names {
		s := took[n]
		if s == nil {
			b.add(row{Name: "coldstart." + n, Unit: "not measured", Note: "the template has no function of this name"})
			continue
		}
		wall, cpu := ratio(median(s.wall), median(hello.wall)), ratio(median(s.cpu), median(hello.cpu))
		b.add(limited("coldstart."+n, max(wall, cpu), "× hello", fmt.Sprintf("wall %.1f ms = %.2f ×, CPU %.1f ms = %.2f ×; hello %.1f and %.1f ms; medians of %d",
			ms(median(s.wall)), wall, ms(median(s.cpu)), cpu, ms(median(hello.wall)), ms(median(hello.cpu)), len(s.wall))))
	}
}
