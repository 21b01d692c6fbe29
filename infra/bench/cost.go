package main

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/loket-desk/loket/infra/local/template"
)

// costs computes what messages and idleness cost, from counts and the price list.
func (b *bench) costs() error {
	t, err := loadTemplate()
	if err != nil {
		return err
	}
	if err := b.inbound(t); err != nil {
		return err
	}
	return b.idle(t)
}

// inbound is the price of a million chat messages: the webhook's call, one message on the queue that is sent, received and
// deleted alone, the router's call, and the mean of what filing writes and reads. Each call of a function also reads the
// set-up's version, as it does after a quiet while.
func (b *bench) inbound(t *template.Template) error {
	filed, err := b.count()
	if err != nil {
		return err
	}
	s, err := b.running()
	if err != nil {
		return err
	}
	k, err := b.connect(s)
	if err != nil {
		return err
	}
	p := priceList()
	one := bill{HTTP: p.HTTP, SQS: 2 * p.FIFO, Writes: filed.mix.writes * p.Write, Reads: (filed.mix.reads + 2*filed.setup.reads) * p.Read}.times(1 / million)
	note := ""
	for _, stage := range []struct {
		name  string
		event func(*bot) (func(int) []byte, error)
	}{{"webhook", webhookEvent}, {"router", routerEvent}} {
		f, err := functionOf(t, stage.name)
		if err != nil {
			return err
		}
		event, err := stage.event(k)
		if err != nil {
			return err
		}
		call, err := b.single(f, event)
		if err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
		requests := p.requests(call.requests)
		one = one.plus(bill{Lambda: p.call(ms(call.wall), ms(call.cpu), f.MemoryMB), Logs: call.log / (1 << 30) * p.LogGB, SQS: requests.SQS, S3: requests.S3})
		note += fmt.Sprintf("; %s %.1f ms, CPU %.1f ms, %.0f B of log, %s", stage.name, ms(call.wall), ms(call.cpu), call.log, call.kinds())
	}
	m := one.times(million)
	b.add(limited("cost.inbound_million", m.total(), "$", fmt.Sprintf("HTTP API %.2f, Lambda %.2f, SQS %.2f, writes %.2f, reads %.2f, S3 %.2f, logs %.2f%s",
		m.HTTP, m.Lambda, m.SQS, m.Writes, m.Reads, m.S3, m.Logs, note)))
	return nil
}

// idle is the price of a month in which nobody writes: the polling of each queue that feeds a function, the schedules
// with all their requests, and the alarms beyond the free ones. Reading the table's stream is free for Lambda.
func (b *bench) idle(t *template.Template) error {
	p := priceList()
	fifo := map[string]bool{}
	for _, q := range t.Queues {
		fifo[q.ID] = q.FIFO
	}
	var month bill
	polled := 0
	for _, f := range t.Functions {
		for _, q := range f.Queues {
			polled++
			price := p.Standard
			if fifo[q.Queue] {
				price = p.FIFO
			}
			month.SQS += pollsAMonth * price / million
		}
	}
	alarms, err := alarmsOf("template.yaml")
	if err != nil {
		return err
	}
	month.Alarms = p.Alarm * float64(max(0, alarms-freeAlarms))
	note := fmt.Sprintf("polling %d queues %.2f, alarms %.2f", polled, month.SQS, month.Alarms)
	for _, f := range t.Functions {
		for _, s := range f.Schedules {
			runs, said, err := b.scheduled(f, s)
			if err != nil {
				return err
			}
			month, note = month.plus(runs), note+said
		}
	}
	b.add(limited("cost.idle_month", month.total(), "$", note))
	return nil
}

// scheduled is the price of a month's runs of a scheduled function, and its parts in words.
func (b *bench) scheduled(f template.Function, s template.Schedule) (bill, string, error) {
	minutes := 0
	if _, err := fmt.Sscanf(s.Expression, "rate(%d minute", &minutes); err != nil || minutes < 1 {
		return bill{}, "", fmt.Errorf("%s runs at %s, whose runs can't be counted", f.Name, s.Expression)
	}
	event := []byte(s.Input)
	if len(event) == 0 {
		usual, err := sample(f.Name)
		if err != nil {
			return bill{}, "", err
		}
		event = mustJSON(usual)
	}
	run, err := b.single(f, func(int) []byte { return event })
	if err != nil {
		return bill{}, "", fmt.Errorf("%s: %w", f.Name, err)
	}
	p := priceList()
	one := p.requests(run.requests)
	one.Lambda = p.call(ms(run.wall), ms(run.cpu), f.MemoryMB)
	one.Logs = run.log / (1 << 30) * p.LogGB
	one.Writes = run.database.Writes / countedCalls * p.Write / million
	one.Reads = run.database.Reads / countedCalls * p.Read / million
	month := one.times(minutesAMonth / float64(minutes))
	return month, fmt.Sprintf("; %s at %s %.2f: SQS %.2f, S3 %.2f, Lambda %.2f, table %.2f; a run: %s", f.Name, s.Expression, month.total(), month.SQS, month.S3,
		month.Lambda, month.Writes+month.Reads, run.kinds()), nil
}

// alarmsOf counts the alarms of a template.
func alarmsOf(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var doc struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range doc.Resources {
		for i := 0; i+1 < len(r.Content); i += 2 {
			if r.Content[i].Value == "Type" && r.Content[i+1].Value == "AWS::CloudWatch::Alarm" {
				n++
			}
		}
	}
	return n, nil
}
