package pdffile

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/format"
)

// crypt decrypts a document that anybody may open: its user password is empty, as it is where only permissions are restricted
// (section 7.6). Ciphers and digests are those of the standard, whatever they are worth today.
type crypt struct {
	key     []byte
	cipher  Name // of streams and strings: V2 (RC4), AESV2, AESV3, Identity
	version int
}

// padding is what a password is filled up with (algorithm 2).
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

func locked(why string) error { return fmt.Errorf("%s: %w", why, format.ErrEncrypted) }

// newCrypt derives the key from the empty password; ErrEncrypted where another one is asked for.
func (f *File) newCrypt(v any) (*crypt, error) {
	d := f.Dict(v)
	if d["Filter"] != Name("Standard") {
		return nil, locked("a security handler of its own")
	}
	number := func(key Name) int { n, _ := f.Number(d[key]); return int(int64(n)) }
	c := &crypt{version: number("V"), cipher: "V2"}
	bits := number("Length")
	if bits < 40 || bits > 256 {
		bits = 40
	}
	if c.version >= 4 {
		filter, _ := f.Resolve(d["StmF"]).(Name)
		c.cipher = "Identity"
		if method, ok := f.Resolve(f.Dict(f.Dict(d["CF"])[filter])["CFM"]).(Name); ok {
			c.cipher = method
		}
		bits = 128
	}
	o, _ := f.Resolve(d["O"]).(Text)
	u, _ := f.Resolve(d["U"]).(Text)
	if c.version >= 5 {
		ue, _ := f.Resolve(d["UE"]).(Text)
		return c, c.modern(u, ue, number("R"))
	}
	if len(o) < 32 || len(u) < 16 {
		return nil, locked("an encryption dictionary without its entries")
	}
	id := f.Array(f.Trailer["ID"])
	var first Text
	if len(id) > 0 {
		first, _ = f.Resolve(id[0]).(Text)
	}
	c.classic(o, first, d, number("P"), number("R"), bits/8)
	if !c.opens(u, first, number("R")) {
		return nil, locked("a password is needed")
	}
	return c, nil
}

// classic derives the key of versions 1 to 4 (algorithm 2).
func (c *crypt) classic(o, id Text, d Dict, permissions, revision, length int) {
	h := md5.New()
	h.Write(padding)
	h.Write(o[:32])
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], uint32(int64(permissions)))
	h.Write(p[:])
	h.Write(id)
	if plain, ok := d["EncryptMetadata"].(bool); ok && !plain && revision >= 4 {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if revision < 3 {
		length = 5
	}
	length = min(length, 16)
	if revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	}
	c.key = key[:length]
}

// opens tells whether the key is the document's (algorithms 4 to 6).
func (c *crypt) opens(u, id Text, revision int) bool {
	if revision < 3 {
		out := bytes.Clone(padding)
		cipherOf(c.key).XORKeyStream(out, out)
		return bytes.Equal(out, u[:min(len(u), 32)])
	}
	sum := md5.Sum(append(bytes.Clone(padding), id...))
	out := sum[:]
	for i := range 20 {
		key := bytes.Clone(c.key)
		for j := range key {
			key[j] ^= byte(i)
		}
		cipherOf(key).XORKeyStream(out, out)
	}
	return bytes.Equal(out, u[:16])
}

func cipherOf(key []byte) *rc4.Cipher {
	c, err := rc4.NewCipher(key)
	if err != nil {
		c, _ = rc4.NewCipher([]byte{0}) // a key of no length: a document that lies
	}
	return c
}

// modern derives the key of version 5 (algorithm 2.A), with the digest of revision 5 or of revision 6 (algorithm 2.B).
func (c *crypt) modern(u, ue Text, revision int) error {
	if len(u) < 48 || len(ue) < 32 {
		return locked("an encryption dictionary without its entries")
	}
	digest := func(salt []byte) []byte {
		sum := sha256.Sum256(salt)
		if revision < 6 {
			return sum[:]
		}
		return hardened(sum[:])
	}
	if !bytes.Equal(digest(u[32:40]), u[:32]) {
		return locked("a password is needed")
	}
	block, err := aes.NewCipher(digest(u[40:48]))
	if err != nil {
		return err
	}
	c.key = make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(c.key, ue[:32])
	return nil
}

// hardened is algorithm 2.B for the empty password.
func hardened(k []byte) []byte {
	for i := 0; ; i++ {
		k1 := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return k
		}
		e := make([]byte, len(k1))
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, k1)
		sum := 0
		for _, b := range e[:16] {
			sum += int(b)
		}
		switch sum % 3 {
		case 0:
			h := sha256.Sum256(e)
			k = h[:]
		case 1:
			h := sha512.Sum384(e)
			k = h[:]
		default:
			h := sha512.Sum512(e)
			k = h[:]
		}
		if i >= 63 && int(e[len(e)-1]) <= i-32 {
			return k[:32]
		}
	}
}

// keyOf is the key of one object (algorithm 1).
func (c *crypt) keyOf(r Ref) []byte {
	if c.version >= 5 {
		return c.key
	}
	h := md5.New()
	h.Write(c.key)
	h.Write([]byte{byte(r.Num), byte(r.Num >> 8), byte(r.Num >> 16), byte(r.Gen), byte(r.Gen >> 8)})
	if c.cipher == "AESV2" {
		h.Write([]byte("sAlT"))
	}
	return h.Sum(nil)[:min(len(c.key)+5, 16)]
}

// stream decrypts a stream's data.
func (c *crypt) stream(r Ref, src io.Reader) io.Reader {
	switch c.cipher {
	case "Identity", "None":
		return src
	case "AESV2", "AESV3":
		return &cbc{src: src, key: c.keyOf(r)}
	}
	return cipher.StreamReader{S: cipherOf(c.keyOf(r)), R: src}
}

// strings decrypts all strings of an object.
func (c *crypt) strings(r Ref, v any) any {
	switch v := v.(type) {
	case Text:
		out, _ := io.ReadAll(c.stream(r, bytes.NewReader(v)))
		return Text(out)
	case Array:
		for i := range v {
			v[i] = c.strings(r, v[i])
		}
	case Dict:
		for k := range v {
			v[k] = c.strings(r, v[k])
		}
	}
	return v
}

// cbc decrypts AES in cipher block chaining, whose first block is the vector and whose last one says how much of it counts.
type cbc struct {
	src  io.Reader
	key  []byte
	mode cipher.BlockMode
	held []byte // decrypted, and perhaps the last block
	out  []byte
	eof  bool
}

// Read implements io.Reader.
func (c *cbc) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.eof {
			return 0, io.EOF
		}
		if err := c.step(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

func (c *cbc) step() error {
	if c.mode == nil {
		block, err := aes.NewCipher(c.key)
		if err != nil {
			return err
		}
		iv := make([]byte, aes.BlockSize)
		if _, err := io.ReadFull(c.src, iv); err != nil {
			return io.EOF
		}
		c.mode = cipher.NewCBCDecrypter(block, iv)
	}
	buf := make([]byte, 4<<10)
	n, err := io.ReadFull(c.src, buf)
	n -= n % aes.BlockSize
	c.mode.CryptBlocks(buf[:n], buf[:n])
	c.held = append(c.held, buf[:n]...)
	if c.eof = err != nil; c.eof {
		if k := len(c.held); k > 0 && int(c.held[k-1]) <= aes.BlockSize {
			c.held = c.held[:k-int(c.held[k-1])]
		}
		c.out, c.held = c.held, nil
		return nil
	}
	keep := len(c.held) - aes.BlockSize
	c.out, c.held = c.held[:keep:keep], bytes.Clone(c.held[keep:])
	return nil
}
