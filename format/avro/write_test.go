package avro

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

var marker = []byte("0123456789abcdef")

// long writes a long as the specification says.
func long(v int64) []byte { return binary.AppendUvarint(nil, uint64(v<<1)^uint64(v>>63)) }

func str(s string) []byte { return append(long(int64(len(s))), s...) }

// header begins a file.
func header(schema, codec string) []byte {
	b := append([]byte(magic), long(2)...)
	b = append(append(b, str("avro.schema")...), str(schema)...)
	b = append(append(b, str("avro.codec")...), str(codec)...)
	return append(append(b, 0), marker...)
}

// block adds a block of objects.
func block(t testing.TB, file []byte, codec string, objects int, data []byte) []byte {
	t.Helper()
	packed := pack(t, codec, data)
	file = append(append(file, long(int64(objects))...), long(int64(len(packed)))...)
	return append(append(file, packed...), marker...)
}

// pack compresses a block.
func pack(t testing.TB, codec string, data []byte) []byte {
	var b bytes.Buffer
	switch codec {
	case "deflate":
		w, _ := flate.NewWriter(&b, 6)
		w.Write(data)
		w.Close()
	case "snappy":
		b.Write(snappy.Encode(nil, data))
		binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(data))
	case "zstandard":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
		w.Close()
	case "xz":
		w, err := xz.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
		w.Close()
	default:
		return data
	}
	return b.Bytes()
}

const bzipped = "425a6839314159265359018ab8fc0000004580000400400200d000200030c00861a088830bb9229c284800c55c7e00"
