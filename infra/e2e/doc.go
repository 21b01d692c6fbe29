// Package e2e holds the end-to-end tests: the product runs as `make run` starts it, and is driven only from outside, by
// HTTP and SMTP. Faults are made by proxies in front of the servers and by ending processes, never by a switch inside.
package e2e
