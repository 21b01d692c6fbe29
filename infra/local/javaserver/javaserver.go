// Package javaserver fetches and starts the two servers that stand in for DynamoDB and SQS on one machine: DynamoDB Local and ElasticMQ.
package javaserver

import (
	"context"
	"io"
	"sync"
)

// Options say where a server's files are and what it keeps. The zero value works anywhere inside the project.
type Options struct {
	// Dir is the runner's folder; the servers are fetched into Dir/java, a folder for each version of the project's pom. Empty means .local in the project's root.
	Dir string
	// Data is the folder in which the server keeps its data between runs. Empty keeps everything in memory.
	Data string
	// Log receives what the server prints, line by line. Nil drops it.
	Log io.Writer
}

// Server is a running server. Its fields are set once and never change.
type Server struct {
	// Endpoint is the address to give to an AWS SDK, http://127.0.0.1:PORT.
	Endpoint string
	// PID is the process id of the Java process.
	PID int

	child *child
	once  sync.Once
}

// DynamoDB starts DynamoDB Local on a free loopback port and returns once it answers; it fetches it first where that was never done.
// ctx bounds the start only: the server runs until Close, or until this process ends.
func DynamoDB(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, dynamoDB)
}

// ElasticMQ starts ElasticMQ (the queues) in the same way.
func ElasticMQ(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, elasticMQ)
}

// Close ends the server and waits until its process is gone; it is given three seconds to put its files in order.
// Closing twice is harmless.
func (s *Server) Close() error {
	s.once.Do(s.child.stop)
	return nil
}

// Done is closed when the server's process has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} {
	return s.child.done
}
