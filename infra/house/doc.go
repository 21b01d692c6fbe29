// Package house holds the tests of the tree itself: who imports whom, how large things are, and whether the template
// says what the code needs. It has no code of its own.
package house
