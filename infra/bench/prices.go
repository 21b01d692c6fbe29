package main

import "strings"

// prices are Amazon's in us-east-1 without any free tier, in dollars a million unless it says otherwise (November 2026,
// functions on arm64, tables on demand).
type prices struct {
	HTTP     float64 // requests of an HTTP API
	Calls    float64 // of Lambda
	GBSecond float64 // of Lambda, a single one
	FIFO     float64 // requests of SQS
	Standard float64
	Write    float64 // write request units
	Read     float64 // read request units
	List     float64 // LIST and PUT of S3
	Get      float64 // of S3
	LogGB    float64 // a GB of logs taken in
	Alarm    float64 // a single one, each month, over the ten that are always free
}

func priceList() prices {
	return prices{
		HTTP: 1.00, Calls: 0.20, GBSecond: 0.0000133334, FIFO: 0.50, Standard: 0.40, Write: 0.625, Read: 0.125,
		List: 5.00, Get: 0.40, LogGB: 0.50, Alarm: 0.10,
	}
}

const (
	freeAlarms = 10
	// pollsAMonth is how often Lambda asks an idle queue for messages: five pollers that wait twenty seconds each.
	pollsAMonth = 5 * 3 * minutesAMonth
	// minutesAMonth are those of thirty days.
	minutesAMonth = 30 * 24 * 60
	// wholeCPU is the memory that Lambda gives one whole processor for, in MB: less has its share of one.
	wholeCPU = 1769
)

// bill is what something costs, by service, in dollars.
type bill struct {
	HTTP, Lambda, SQS, Writes, Reads, S3, Logs, Alarms float64
}

func (b bill) total() float64 {
	return b.HTTP + b.Lambda + b.SQS + b.Writes + b.Reads + b.S3 + b.Logs + b.Alarms
}

func (b bill) plus(o bill) bill {
	return bill{b.HTTP + o.HTTP, b.Lambda + o.Lambda, b.SQS + o.SQS, b.Writes + o.Writes, b.Reads + o.Reads, b.S3 + o.S3, b.Logs + o.Logs, b.Alarms + o.Alarms}
}

func (b bill) times(n float64) bill {
	return bill{b.HTTP * n, b.Lambda * n, b.SQS * n, b.Writes * n, b.Reads * n, b.S3 * n, b.Logs * n, b.Alarms * n}
}

const million = 1e6

// call is the price of one call of a function that takes ms of time and cpu of processor time on a whole processor, with
// the memory given: where memory buys a part of a processor only, the CPU time is stretched accordingly.
func (p prices) call(ms, cpu float64, memoryMB int) float64 {
	share := min(float64(memoryMB)/wholeCPU, 1)
	seconds := (ms + cpu*(1/share-1)) / 1000
	return p.Calls/million + seconds*float64(memoryMB)/1024*p.GBSecond
}

// requests is the price of requests to SQS and S3, by "service kind". Those of the table are priced by their units, and
// parameters of the standard tier and S3's deletes are free.
func (p prices) requests(counts map[string]float64) bill {
	var out bill
	for kind, n := range counts {
		service, verb, _ := strings.Cut(kind, " ")
		switch {
		case service == "sqs":
			out.SQS += n * p.FIFO / million
		case service == "s3" && (verb == "GET" || verb == "HEAD"):
			out.S3 += n * p.Get / million
		case service == "s3" && verb != "DELETE":
			out.S3 += n * p.List / million
		}
	}
	return out
}
