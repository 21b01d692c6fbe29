package objects

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// checkPayload arranges that the body is proved while it is read: by the signed hash, by the checksum in a header or trailer, and by its length.
// The proof that it returns is nil where there is nothing to prove.
func (g *gate) checkPayload(r *http.Request, s signature) (*proving, error) {
	if strings.HasPrefix(s.payload, "STREAMING-") {
		return g.decodeChunks(r, s)
	}
	switch {
	case r.ContentLength < 0:
		return nil, noLength("Content-Length")
	case r.ContentLength > maxObject:
		return nil, tooLarge()
	}
	var proofs []proof
	if s.payload != unsigned {
		want, err := hex.DecodeString(s.payload)
		if err != nil || len(want) != sha256.Size {
			return nil, &fault{http.StatusBadRequest, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-…, or a valid sha256 value."}
		}
		proofs = append(proofs, proof{sha256.New(), want, &fault{
			http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
		}})
	}
	sum, err := headerChecksum(r)
	if err != nil {
		return nil, err
	}
	proofs = append(proofs, sum...)
	if len(proofs) == 0 {
		return nil, nil
	}
	return prove(r, r.Body, r.ContentLength, func() error {
		for _, p := range proofs {
			if err := p.check(); err != nil {
				return err
			}
		}
		return nil
	}, proofs)
}

// proof is a hash and what it must come to.
type proof struct {
	hash hash.Hash
	want []byte
	fail *fault
}

func (p proof) check() error {
	if string(p.hash.Sum(nil)) != string(p.want) {
		return p.fail
	}
	return nil
}

// checksums that S3 knows, by the end of their header's name.
func newChecksum(name string) hash.Hash {
	switch strings.ToLower(name) {
	case "x-amz-checksum-crc32":
		return crc32.NewIEEE()
	case "x-amz-checksum-crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "x-amz-checksum-crc64nvme":
		return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5))
	case "x-amz-checksum-sha1":
		return sha1.New()
	case "x-amz-checksum-sha256":
		return sha256.New()
	}
	return nil
}

// headerChecksum reads the checksum headers that speak of this body (that of a completed upload speaks of the whole object).
func headerChecksum(r *http.Request) (proofs []proof, err error) {
	if r.URL.Query().Has("uploadId") && r.Method == http.MethodPost || r.Header.Get("X-Amz-Copy-Source") != "" {
		return nil, nil
	}
	for name := range r.Header {
		if h := newChecksum(name); h != nil {
			p, err := newProof(name, r.Header.Get(name), h)
			if err != nil {
				return nil, err
			}
			proofs = append(proofs, p)
		}
	}
	return proofs, nil
}

func newProof(name, value string, h hash.Hash) (proof, error) {
	want, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(want) != h.Size() {
		return proof{}, invalid("Value for %s header is invalid.", strings.ToLower(name))
	}
	return proof{h, want, badDigest(strings.TrimPrefix(strings.ToLower(name), "x-amz-checksum-"))}, nil
}

// prove replaces the call's body by one of n bytes that runs finish before it gives its last byte away, so that nothing is stored unproved.
func prove(r *http.Request, from io.Reader, n int64, finish func() error, proofs []proof) (*proving, error) {
	p := &proving{from: from, left: n, finish: finish, proofs: proofs}
	if n == 0 {
		if err := finish(); err != nil {
			return nil, err
		}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{p, r.Body}
	setLength(r, n)
	return p, nil
}

type proving struct {
	from   io.Reader
	left   int64
	finish func() error
	proofs []proof
	err    error // why the body was refused
}

func (p *proving) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	n, err := p.from.Read(b[:min(int64(len(b)), p.left)])
	for _, proof := range p.proofs {
		proof.hash.Write(b[:n])
	}
	if p.left -= int64(n); p.left == 0 {
		err = p.finish()
	} else if err == io.EOF {
		err = incomplete("it is shorter than its stated length")
	}
	if err != nil {
		p.err = err
		return 0, err
	}
	return n, nil
}

// decodedLength is the length that the sender of a chunked body states for what is in it.
func decodedLength(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || n < 0 {
		return 0, noLength("x-amz-decoded-content-length")
	}
	if n > maxObject {
		return 0, tooLarge()
	}
	return n, nil
}
