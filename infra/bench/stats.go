package main

import (
	"slices"
	"time"
)

// percentile is the smallest of the durations that at least p of a hundred do not pass; 0 of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	s := slices.Clone(all)
	slices.Sort(s)
	i := int(float64(len(s))*p/100+0.999999) - 1
	return s[min(max(i, 0), len(s)-1)]
}

func median(all []time.Duration) time.Duration { return percentile(all, 50) }

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
