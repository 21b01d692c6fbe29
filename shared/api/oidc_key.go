package api

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
)

// publicKey is a key as an issuer publishes it (RFC 7517): only the fields we read.
type publicKey struct {
	ID    string `json:"kid"`
	Kind  string `json:"kty"`
	Use   string `json:"use"`
	Curve string `json:"crv"`
	N     string `json:"n"`
	E     string `json:"e"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// leastModulus is the shortest RSA key that is taken, in bits.
const leastModulus = 2048

func (k publicKey) read() (any, error) {
	switch k.Kind {
	case "RSA":
		n, err1 := base64.RawURLEncoding.DecodeString(k.N)
		e, err2 := base64.RawURLEncoding.DecodeString(k.E)
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if err1 != nil || err2 != nil || len(e) > 4 || key.N.BitLen() < leastModulus || key.E < 3 {
			return nil, errors.New("not an RSA key that is strong enough")
		}
		return key, nil
	case "EC":
		curve, size := elliptic.P256(), 32
		if k.Curve == "P-384" {
			curve, size = elliptic.P384(), 48
		} else if k.Curve != "P-256" {
			return nil, errors.New("not a curve we know")
		}
		x, err1 := base64.RawURLEncoding.DecodeString(k.X)
		y, err2 := base64.RawURLEncoding.DecodeString(k.Y)
		if err1 != nil || err2 != nil || len(x) != size || len(y) != size {
			return nil, errors.New("not a point of the curve")
		}
		return ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	case "OKP":
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || k.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return nil, errors.New("not an Ed25519 key")
		}
		return ed25519.PublicKey(x), nil
	}
	return nil, errors.New("not a kind of key we know")
}

// fits reports whether a key is of the kind that an algorithm takes, so that none is used as what it isn't.
func fits(key any, alg string) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[int]string{256: "ES256", 384: "ES384"}[key.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}
