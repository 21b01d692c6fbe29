// Package mime reads e-mail as the world really sends it, and writes e-mail that every reader understands.
//
// Reading never fails on bad mail: Read walks any bytes as a stream, keeps what could be read and lists
// what was wrong beside it. An error from it means that the source or the sink failed, never the mail.
package mime
