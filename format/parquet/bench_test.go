package parquet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// BenchmarkRead reads a table of visits. The rate is that of the values as text; file-MB/s is that of the file's own bytes.
func BenchmarkRead(b *testing.B) {
	type visit struct {
		ID     int64   `parquet:"visit_id,delta"`
		Person int64   `parquet:"person_id"`
		Day    int32   `parquet:"visit_date,date"`
		Kind   string  `parquet:"kind,dict"`
		Code   string  `parquet:"code,dict"`
		Name   string  `parquet:"full_name"`
		Note   string  `parquet:"note,optional"`
		Value  float64 `parquet:"value"`
	}
	rows := make([]visit, 200_000)
	for i := range rows {
		rows[i] = visit{int64(i), int64(i / 7 * 131), int32(10000 + i%9000), []string{"inpatient", "outpatient", "emergency"}[i%3], fmt.Sprintf("F%02d.%d", i%90, i%10),
			fmt.Sprintf("Example%d, Ann", i/7), "", float64(i) / 4}
		if i%5 == 0 {
			rows[i].Note = fmt.Sprintf("Seen on day %d for the usual complaints, and sent home in good spirits.", i)
		}
	}
	for name, codec := range map[string]pq.WriterOption{"snappy": pq.Compression(&pq.Snappy), "zstd": pq.Compression(&pq.Zstd), "none": pq.Compression(&pq.Uncompressed)} {
		data := written(b, rows, codec, pq.MaxRowsPerRowGroup(100_000))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var values, cells int64
			for b.Loop() {
				values, cells = 0, 0
				err := Reader{}.Read(context.Background(), format.Input{Size: int64(len(data)), At: bytes.NewReader(data)}, format.Output{
					Places: &record.Places{},
					Batch: func(b *record.Batch) error {
						values += int64(b.Size())
						cells += int64(len(b.Cells))
						return nil
					},
					Inner: func(string, string, io.Reader) error { return nil },
					Gap:   func(estate.GapReason, string) { b.Error("a gap") },
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(values)
			b.ReportMetric(float64(len(data))*float64(b.N)/1e6/b.Elapsed().Seconds(), "file-MB/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cells), "ns/cell")
		})
	}
}
