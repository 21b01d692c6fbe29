package main

import (
	"fmt"
	"sync"
)

// notes are what the soak did, by the text of each message: no two are the same.
type notes struct {
	mu      sync.Mutex
	events  map[string]bool // whether the event was taken
	answers map[string]bool // whether the API took the answer
	ended   map[string]int  // processes by function
	closed  int
	refused int // closings with a token that was not the latest
	n       int
}

func newNotes() *notes {
	return &notes{events: map[string]bool{}, answers: map[string]bool{}, ended: map[string]int{}}
}

// text is a new text, noted as an event or an answer that nobody has taken yet.
func (n *notes) text(in map[string]bool, kind string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.n++
	t := fmt.Sprintf("%s number %06d.", kind, n.n)
	in[t] = false
	return t
}

func (n *notes) taken(in map[string]bool, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	in[text] = true
}

func (n *notes) count(what *int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*what++
}

func (n *notes) end(function string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended[function]++
}

func (n *notes) summary() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%d events, %d answers, %d closed, %d closings refused since a message came in, ended: %v", len(n.events), len(n.answers), n.closed, n.refused, n.ended)
}
