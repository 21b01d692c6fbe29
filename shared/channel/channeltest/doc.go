// Package channeltest replays captured payloads through a channel's parser and compares the events with golden files.
//
// A channel's test adds a case by adding a file to its testdata; `go test -run Golden ./... -update` writes what the
// parser makes of it, to be read before it is committed.
package channeltest
