package main

import "strings"

// budgets are docs/performance.md's, by the rows' names. A name ending in ".*" is for all rows of the kind that have none
// of their own. The share of throughput is a budget that is computed in the run.
func budgets() map[string]float64 {
	return map[string]float64{
		"zip.webhook": 1.5, "zip.router": 1.6, "zip.ticket": 1.6, "zip.dispatcher": 1.6, "zip.sweeper": 1.6,
		"zip.mail": 1.9, "zip.sender": 1.9, "zip.api": 2.2,
		"coldstart.webhook": 1.5, "coldstart.router": 1.9, "coldstart.ticket": 1.9, "coldstart.sender": 1.9,
		"coldstart.dispatcher": 1.9, "coldstart.sweeper": 1.9, "coldstart.api": 2.5, "coldstart.mail": 2.5,
		"rss.*":   2,
		"wru.mix": 5, "wru.followup": 3, "wru.new": 9,
		"cost.inbound_million": 7, "cost.idle_month": 1.30,
		"list.flatness": 1.3, "list.rru": 60, "list.filtered_kb": 1024, "open.requests": 2,
		"ack.p50_ms": 5, "ack.p99_ms": 50,
		"cpu.message_ms": 3, "cpu.mail_ms": 6,
		"mail.50k_ms": 0.2, "mail.25m_rss_mb": 16, "mail.25m_function_mb": 40, "mime.nested_s": 0.5,
		"parse.*": 60,
	}
}

// throughputShare is the part of the table's own speed that the local run must reach.
const throughputShare = 0.60

// limited makes a row with its budget. One that has none misses it: each needs a line in docs/performance.md.
func limited(name string, measured float64, unit, note string) row {
	all := budgets()
	budget, ok := all[name]
	if !ok {
		kind, _, _ := strings.Cut(name, ".")
		budget, ok = all[kind+".*"]
	}
	if !ok {
		r := told(name, measured, unit, "it has no budget yet; "+note)
		r.OK = false
		return r
	}
	return within(name, budget, measured, unit, note)
}
