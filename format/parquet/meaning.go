package parquet

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/chartroom/chartroom/format/typed"
)

// meaning is how a column's values are shown.
type meaning uint8

const (
	asBinary meaning = iota // bytes of no known kind
	asText
	asInt
	asUint
	asBool
	asFloat
	asHalf
	asDate
	asTimeMS
	asTimeUS
	asTimeNS
	asStampMS
	asStampUS
	asStampNS
	asJulian
	asDecimal
	asUUID
)

// meaningOf tells how a column's values are shown, by its logical type, else by the older converted type, else by how they are
// stored (LogicalTypes.md). A type that does not fit the storage is passed over.
func meaningOf(e *element) meaning {
	switch e.physical {
	case boolean:
		return asBool
	case float, double:
		return asFloat
	case int96:
		return asJulian
	case int32s, int64s:
		return meaningOfInt(e)
	}
	switch l := e.logical.kind; {
	case l == logicalDecimal || l == 0 && e.converted == convertedDecimal:
		return asDecimal
	case l == logicalUUID && e.length == 16:
		return asUUID
	case l == logicalFloat16 && e.length == 2:
		return asHalf
	case l == logicalString || l == logicalEnum || l == logicalJSON:
		return asText
	case l == 0 && (e.converted == convertedUTF8 || e.converted == convertedEnum || e.converted == convertedJSON):
		return asText
	}
	return asBinary
}

func meaningOfInt(e *element) meaning {
	unit := meaning(max(0, min(e.logical.unit-1, 2)))
	switch e.logical.kind {
	case logicalDecimal:
		return asDecimal
	case logicalDate:
		return asDate
	case logicalTime:
		return asTimeMS + unit
	case logicalTimestamp:
		return asStampMS + unit
	case logicalInteger:
		if !e.logical.signed {
			return asUint
		}
		return asInt
	}
	switch e.converted {
	case convertedDecimal:
		return asDecimal
	case convertedDate:
		return asDate
	case convertedTimeMS:
		return asTimeMS
	case convertedTimeUS:
		return asTimeUS
	case convertedStampMS:
		return asStampMS
	case convertedStampUS:
		return asStampUS
	case convertedUint8, convertedUint8 + 1, convertedUint8 + 2, convertedUint64:
		return asUint
	}
	return asInt
}

// appendInt writes a value that is stored as an integer, a floating-point number or a truth value.
func (l *leaf) appendInt(dst []byte, v int64) []byte {
	switch l.show {
	case asBool:
		return strconv.AppendBool(dst, v != 0)
	case asUint:
		if l.physical == int32s {
			v = int64(uint32(v))
		}
		return strconv.AppendUint(dst, uint64(v), 10)
	case asFloat:
		if l.physical == float {
			return typed.AppendFloat(dst, float64(math.Float32frombits(uint32(v))), 32)
		}
		return typed.AppendFloat(dst, math.Float64frombits(uint64(v)), 64)
	case asDate:
		return typed.AppendDate(dst, v)
	case asTimeMS:
		return typed.AppendTime(dst, v, typed.Millis)
	case asTimeUS:
		return typed.AppendTime(dst, v, typed.Micros)
	case asTimeNS:
		return typed.AppendTime(dst, v, typed.Nanos)
	case asStampMS:
		return typed.AppendTimestamp(dst, v, typed.Millis)
	case asStampUS:
		return typed.AppendTimestamp(dst, v, typed.Micros)
	case asStampNS:
		return typed.AppendTimestamp(dst, v, typed.Nanos)
	case asDecimal:
		return typed.AppendDecimal(dst, v, l.scale)
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendBytes writes a value that is stored as bytes and is no text.
func (l *leaf) appendBytes(dst, v []byte) []byte {
	switch {
	case l.show == asDecimal:
		return typed.AppendBigDecimal(dst, v, l.scale)
	case l.show == asUUID && len(v) == 16:
		return typed.AppendUUID(dst, [16]byte(v))
	case l.show == asHalf && len(v) == 2:
		return typed.AppendFloat(dst, typed.Half(binary.LittleEndian.Uint16(v)), 32)
	case l.show == asJulian && len(v) == 12:
		return typed.AppendJulian(dst, [12]byte(v))
	}
	return dst
}
