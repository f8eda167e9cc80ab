package board

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-pdf/fpdf"
)

// PDF writes the whole as PDF, on pages of US Letter.
func PDF(w io.Writer, d *Document) error { return typeset(w, d, "L") }

// PDFPage writes what a board reads, on one page.
func PDFPage(w io.Writer, d *Document) error { return typeset(w, d.onePage(), "P") }

// sheet is a document on its way onto pages. Lengths are in millimetres, sizes of letters in points.
type sheet struct {
	*fpdf.Fpdf
	latin func(string) string
	width float64 // between the margins
	foot  float64 // where a page ends
}

const (
	margin = 14.0
	line   = 3.6 // of a table
)

func typeset(w io.Writer, d *Document, orientation string) error {
	s := &sheet{Fpdf: fpdf.New(orientation, "mm", "Letter", "")}
	s.latin = shownIn(s.UnicodeTranslatorFromDescriptor(""))
	s.SetMargins(margin, margin, margin)
	s.SetAutoPageBreak(true, margin)
	s.SetTitle(d.Title+": "+d.About, true)
	s.SetCreator("chartroom "+d.Version, true)
	s.SetLang("en")
	s.SetCreationDate(d.Made)
	s.SetModificationDate(d.Made)
	s.SetCatalogSort(true)
	s.AliasNbPages("")
	width, height := s.GetPageSize()
	s.width, s.foot = width-2*margin, height-margin
	s.SetFooterFunc(func() {
		s.SetY(-10)
		s.letters("", 7, Plain)
		s.CellFormat(s.width, 4, s.latin(fmt.Sprintf("Made on %s by chartroom %s. Page %d of {nb}", d.Made.Format("2 January 2006, 15:04"), d.Version, s.PageNo())), "", 0, "L", false, 0, "")
	})
	s.AddPage()
	s.letters("B", 16, Plain)
	s.text(7, d.Title)
	s.letters("", 9, Plain)
	s.text(4.5, fmt.Sprintf("%s. As of %s.", d.About, d.AsOf.Format("2 January 2006, 15:04")))
	for _, a := range d.Answer {
		s.Ln(1)
		s.text(4.5, a)
	}
	s.figures(d.Figures)
	for i := range d.Sections {
		s.section(&d.Sections[i])
	}
	if len(d.Doubts) > 0 {
		s.head("What could change this")
		for _, x := range d.Doubts {
			s.text(line, "- "+x)
		}
	}
	if err := s.Output(w); err != nil {
		return fmt.Errorf("write the review as PDF: %w", err)
	}
	return nil
}

// shownIn gives words in the letters that the fonts have. What they have not is written by its number, and never left out.
func shownIn(latin func(string) string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, r := range text {
			one := latin(string(r))
			if r != '.' && one == "." {
				one = fmt.Sprintf("<U+%04X>", r)
			}
			b.WriteString(one)
		}
		return b.String()
	}
}

// letters sets size, style and colour.
func (s *sheet) letters(style string, size float64, tone Tone) {
	s.SetFont("Helvetica", style, size)
	c := map[Tone][3]int{Good: {11, 93, 46}, Bad: {164, 14, 38}, Open: {107, 72, 0}}[tone]
	s.SetTextColor(c[0], c[1], c[2])
}

// text writes a paragraph over the whole width.
func (s *sheet) text(height float64, words string) {
	s.MultiCell(s.width, height, s.latin(words), "", "L", false)
}

func (s *sheet) head(title string) {
	if s.GetY() > s.foot-25 { // a title does not stand alone at the foot
		s.AddPage()
	}
	s.Ln(3)
	s.letters("B", 11, Plain)
	s.text(6, title)
	s.letters("", 7.5, Plain)
}

// figures sets them in boxes, four beside each other.
func (s *sheet) figures(figures []Figure) {
	const across, height = 4, 13.0
	s.Ln(2)
	box := s.width / across
	for i, f := range figures {
		if i%across == 0 && s.GetY() > s.foot-height {
			s.AddPage()
		}
		x, y := margin+float64(i%across)*box, s.GetY()
		s.SetDrawColor(160, 160, 160)
		s.Rect(x, y, box-1.5, height-1.5, "D")
		s.SetXY(x+1, y+.7)
		s.letters("", 6.5, Plain)
		s.MultiCell(box-3.5, 2.6, s.latin(f.Name), "", "L", false)
		s.SetXY(x+1, y+6)
		s.letters("B", 11, f.Tone)
		value := s.latin(f.Value)
		s.CellFormat(s.GetStringWidth(value)+1, 5, value, "", 0, "L", false, 0, "")
		s.letters("", 6.5, Plain)
		s.CellFormat(10, 5, s.latin(f.Note), "", 0, "L", false, 0, "")
		s.SetXY(margin, y)
		if i%across == across-1 || i == len(figures)-1 {
			s.SetY(y + height)
		}
	}
}

// section writes a title and its table.
func (s *sheet) section(x *Section) {
	s.head(x.Title)
	s.text(line, x.Lead)
	s.Ln(1)
	if len(x.Rows) == 0 {
		s.text(line, "There is nothing of the kind.")
		return
	}
	widths := s.widths(x)
	s.header(x, widths)
	for _, row := range x.Rows {
		s.row(x, row, widths)
	}
}

const small = 6.8 // letters of a table

// widths shares the page out: columns have what they need, and where that is too much, the wide ones give of theirs.
func (s *sheet) widths(x *Section) []float64 {
	const least, pad = 9.0, 2.5
	s.letters("B", small, Plain)
	need := make([]float64, len(x.Columns))
	all := 0.0
	for i, c := range x.Columns {
		need[i] = s.GetStringWidth(s.latin(c.Name)) + pad
		for _, row := range x.Rows {
			need[i] = max(need[i], s.GetStringWidth(s.latin(row[i].Text))+pad)
		}
		all += need[i]
	}
	if all <= s.width {
		return need
	}
	most := s.width // lower the ceiling until all fits beneath it
	for total := all; total > s.width && most > least; most -= .5 {
		total = 0
		for _, n := range need {
			total += min(n, most)
		}
	}
	for i := range need {
		need[i] = min(need[i], most)
	}
	return need
}

func (s *sheet) header(x *Section, widths []float64) {
	s.letters("B", small, Plain)
	s.SetFillColor(235, 237, 240)
	cells := make([]Cell, len(x.Columns))
	for i, c := range x.Columns {
		cells[i].Text = c.Name
	}
	s.cells(x, cells, widths, true)
}

// row writes a row, on a new page below a header where there is no room for it.
func (s *sheet) row(x *Section, cells []Cell, widths []float64) {
	s.letters("", small, Plain)
	if s.GetY()+s.height(cells, widths) > s.foot && s.height(cells, widths) < s.foot-4*margin {
		s.AddPage()
		s.header(x, widths)
	}
	s.cells(x, cells, widths, false)
}

// height is that of a row, in lines as they will be broken.
func (s *sheet) height(cells []Cell, widths []float64) float64 {
	lines := 1
	for i, c := range cells {
		lines = max(lines, len(s.SplitLines([]byte(s.latin(c.Text)), widths[i])))
	}
	return float64(lines)*line + 1
}

func (s *sheet) cells(x *Section, cells []Cell, widths []float64, head bool) {
	height := s.height(cells, widths)
	left, top := margin, s.GetY()
	if head {
		s.Rect(left, top, sum(widths), height, "F")
	}
	for i, c := range cells {
		align := "L"
		if x.Columns[i].Right {
			align = "R"
		}
		style := ""
		if head || c.Tone == Bad {
			style = "B"
		}
		s.letters(style, small, c.Tone)
		s.SetXY(left, top+.5)
		s.MultiCell(widths[i], line, s.latin(c.Text), "", align, false)
		left += widths[i]
	}
	s.SetDrawColor(190, 190, 190)
	s.Line(margin, top+height, left, top+height)
	s.SetXY(margin, top+height)
}

func sum(v []float64) (out float64) {
	for _, x := range v {
		out += x
	}
	return out
}
