package format

import (
	"io"
	"unicode/utf8"
)

const (
	// pieceSize is how much of a long text is handed out at a time, and overlap how much context two pieces share, in bytes.
	pieceSize = 64 << 10
	overlap   = 512
)

// Piece is a part of a long text: Text[From:To] counts, and what stands around it is context. The parts that count follow each
// other without overlap or loss.
type Piece struct {
	Text     []byte // good until the next piece
	From, To int
	Last     bool
}

// Pieces cuts a long text. It gives the error of reading, or the one that each returned; at an error of reading, what was read
// before comes first, as the last piece.
func Pieces(body io.Reader, each func(Piece) error) error {
	room := pieceSize + 2*overlap + utf8.UTFMax
	if short, ok := body.(interface{ Len() int }); ok { // most texts are
		room = min(room, short.Len()+1)
	}
	buf := make([]byte, room)
	held, from := 0, 0
	for {
		n, err := io.ReadFull(body, buf[held:held+min(pieceSize, len(buf)-held)])
		held += n
		last := err != nil
		if last && held == from {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil
			}
			return err
		}
		p := Piece{Text: buf[:held], From: from, To: held, Last: last}
		if !last {
			p.To = runeStart(buf[:held], held-overlap)
		}
		if e := each(p); e != nil {
			return e
		}
		if last {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil
			}
			return err
		}
		keep := runeStart(buf[:held], max(0, p.To-overlap))
		from = p.To - keep
		held = copy(buf, buf[keep:held])
	}
}

// runeStart goes back to where a character begins.
func runeStart(text []byte, at int) int {
	for back := 0; back < utf8.UTFMax-1 && at > 0 && at < len(text) && !utf8.RuneStart(text[at]); back++ {
		at--
	}
	return at
}
