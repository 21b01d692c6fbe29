package objects

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The forms of aws-chunked bodies that clients of this store send.
const (
	chunksUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	chunksSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	chunksSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// maxLine bounds a chunk's head and a trailer's line, in bytes.
const maxLine = 4096

// decodeChunks replaces an aws-chunked body by what is in it, proving each chunk's signature and the trailing checksum on the way.
func (g *gate) decodeChunks(r *http.Request, s signature) (*proving, error) {
	if s.payload != chunksUnsignedTrailer && s.payload != chunksSigned && s.payload != chunksSignedTrailer {
		return nil, &fault{http.StatusNotImplemented, "NotImplemented", "The local runner does not read bodies of " + s.payload + "."}
	}
	n, err := decodedLength(r)
	if err != nil {
		return nil, err
	}
	c := &chunks{
		from: bufio.NewReaderSize(r.Body, maxLine), left: n, previous: s.value,
		signed: s.payload != chunksUnsignedTrailer, trailer: s.payload != chunksSigned,
		sign: func(kind, previous, hashes string) string { return g.sign(s, kind, previous, hashes) },
	}
	if c.trailer {
		c.name = strings.TrimSpace(r.Header.Get("X-Amz-Trailer"))
		if c.sum = newChecksum(c.name); c.sum == nil {
			return nil, invalid("The value specified in the x-amz-trailer header is not supported")
		}
	}
	dropChunkedEncoding(r.Header)
	return prove(r, c, n, c.end, nil)
}

// sign is the signature of one chunk or of the trailer, which rests on the one before; the first rests on the call's own.
func (g *gate) sign(s signature, kind, previous, hashes string) string {
	return g.keys.sign(s.credential, strings.Join([]string{algorithm + "-" + kind, s.at.Format(timeFormat), s.credential.scope(), previous, hashes}, "\n"))
}

// dropChunkedEncoding keeps what the object itself is encoded in.
func dropChunkedEncoding(h http.Header) {
	var kept []string
	for _, v := range h.Values("Content-Encoding") {
		for e := range strings.SplitSeq(v, ",") {
			if e = strings.TrimSpace(e); e != "" && e != "aws-chunked" {
				kept = append(kept, e)
			}
		}
	}
	h.Del("Content-Encoding")
	if len(kept) > 0 {
		h.Set("Content-Encoding", strings.Join(kept, ","))
	}
}

// chunks reads HEX-SIZE[;chunk-signature=…]CRLF DATA CRLF … 0[;chunk-signature=…]CRLF [NAME:VALUE CRLF …] CRLF.
type chunks struct {
	from            *bufio.Reader
	signed, trailer bool
	left            int64 // bytes still to come in all chunks, by the stated length
	chunk           int64 // bytes still to come in this one
	open            bool
	previous, claim string    // signatures: of what came before, and of this chunk as its head says
	data            hash.Hash // of this chunk
	sum             hash.Hash // of the whole, for the trailer
	name            string
	sign            func(kind, previous, hashes string) string
}

func (c *chunks) Read(b []byte) (int, error) {
	if c.chunk == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.chunk == 0 {
			return 0, incomplete("it holds less than x-amz-decoded-content-length")
		}
	}
	n, err := c.from.Read(b[:min(int64(len(b)), c.chunk)])
	c.data.Write(b[:n])
	if c.sum != nil {
		c.sum.Write(b[:n])
	}
	c.chunk -= int64(n)
	if c.left -= int64(n); err == io.EOF {
		err = incomplete("a chunk is cut short")
	}
	return n, err
}

// next closes the chunk that was read and reads the head of the following one.
func (c *chunks) next() error {
	if c.open {
		if err := c.close(); err != nil {
			return err
		}
	}
	head, err := c.line()
	if err != nil {
		return err
	}
	size, rest, _ := strings.Cut(head, ";")
	if c.chunk, err = strconv.ParseInt(strings.TrimSpace(size), 16, 63); err != nil || c.chunk < 0 || c.chunk > c.left {
		return incomplete("a chunk's size is malformed, or more than was announced")
	}
	_, c.claim, _ = strings.Cut(rest, "chunk-signature=")
	c.open, c.data = true, sha256.New()
	return nil
}

// close checks the signature of the chunk that was read, and the line end behind it.
func (c *chunks) close() error {
	if line, err := c.line(); err != nil || line != "" {
		return incomplete("a chunk does not end where it should")
	}
	return c.checkSignature()
}

func (c *chunks) checkSignature() error {
	if !c.signed {
		return nil
	}
	nothing := sha256.Sum256(nil)
	want := c.sign("PAYLOAD", c.previous, hex.EncodeToString(nothing[:])+"\n"+hex.EncodeToString(c.data.Sum(nil)))
	if !hmac.Equal([]byte(want), []byte(c.claim)) {
		return wrongSignature()
	}
	c.previous = want
	return nil
}

// end reads what follows the last byte: the empty chunk and the trailer.
func (c *chunks) end() error {
	if err := c.next(); err != nil {
		return err
	}
	if c.chunk != 0 {
		return incomplete("it holds more than x-amz-decoded-content-length")
	}
	if err := c.checkSignature(); err != nil {
		return err
	}
	if c.trailer {
		return c.checkTrailer()
	}
	return nil
}

func (c *chunks) checkTrailer() error {
	values := map[string]string{}
	var lines []string
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if values[name] = strings.TrimSpace(value); name != "x-amz-trailer-signature" {
			lines = append(lines, name+":"+values[name]+"\n")
		}
	}
	slices.Sort(lines)
	if c.signed {
		all := sha256.Sum256([]byte(strings.Join(lines, "")))
		if want := c.sign("TRAILER", c.previous, hex.EncodeToString(all[:])); !hmac.Equal([]byte(want), []byte(values["x-amz-trailer-signature"])) {
			return wrongSignature()
		}
	}
	p, err := newProof(c.name, values[strings.ToLower(c.name)], c.sum)
	if err != nil {
		return err
	}
	return p.check()
}

// line reads up to CRLF, which it drops.
func (c *chunks) line() (string, error) {
	b, err := c.from.ReadSlice('\n')
	if err != nil {
		return "", incomplete("a line of the chunked encoding is missing or too long")
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
