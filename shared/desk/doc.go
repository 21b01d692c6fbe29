// Package desk is the vocabulary of Loket: conversations, messages, contacts, tickets, inboxes, channels and people,
// the states they move through, the bodies that travel on the queues, and the errors the product speaks.
//
// It does no I/O, keeps no clock and imports only the standard library, so that every stage can speak it.
package desk
