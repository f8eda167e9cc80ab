"""Writes the fixtures of this folder with other people's libraries, and beside each what those libraries read from it.

python3 make.py, with openpyxl 3.0.9, XlsxWriter 3.0.2, python-docx 0.8.11 and odfpy 1.4.2. All persons are invented.
libreoffice.ods, .odt and .odp are openpyxl.xlsx, python-docx.docx and pptxgenjs.pptx as LibreOffice 7.4 saved them.
"""
import datetime, io
import openpyxl, xlsxwriter, docx
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from odf import opendocument, table, text, office, dc, draw, style, presentation

HEAD = ["MRN", "Last Name", "First Name", "DOB", "SSN", "ZIP", "Diagnosis", "Active", "Note"]
PEOPLE = [
    [100200, "Byron", "Ada", datetime.date(1955, 12, 10), 12345678, 2138, "F11.20", True, "Seen\ntwice"],
    [100201, "Hopper", "Grace", datetime.date(1946, 12, 9), 219099999, 501, "B20", False, "x" * 300],
    [100202, "Noether", "Emmy", datetime.date(1982, 3, 23), 457555462, 60601, "E11.9", True, None],
    [100203, "Ünal", "Zoë & <Co>", datetime.date(1960, 2, 29), 78051120, 94105, "I10", True, "ok"],
]

def workbook():
    wb = openpyxl.Workbook()
    ws = wb.active
    ws.title = "Patients"
    ws.append(["Discharges of the quarter"])
    ws.append([])
    ws.append(HEAD)
    for p in PEOPLE:
        ws.append(p)
        row = ws.max_row
        ws.cell(row, 4).number_format = "mm/dd/yyyy"
        ws.cell(row, 5).number_format = "000-00-0000"
        ws.cell(row, 6).number_format = "00000"
    ws["A4"].comment = Comment("Call the daughter, Anne Byron, at 617-555-0142", "Nurse Joy")
    ws.oddHeader.center.text = "Lakeside Clinics, confidential"
    ws["K4"] = '=IF(A4=100200,"Transferred from Harbor","")'
    ws["A4"].hyperlink = "mailto:ada.byron@example.org"
    hidden = wb.create_sheet("Old list")
    hidden.sheet_state = "veryHidden"
    hidden.append(["Name", "Phone", "Admitted"])
    hidden.append(["Shelley, Mary", "617-555-0101", datetime.datetime(2023, 5, 6, 7, 8, 9)])
    hidden.append(["Polidori, John", "617-555-0102", datetime.datetime(2023, 5, 7, 0, 0, 0)])
    wb.defined_names.append(DefinedName("chief", attr_text='"Dr. Percy Shelley"'))
    wb.properties.creator = "Percy Clerk"
    wb.save("openpyxl.xlsx")
    with open("openpyxl.txt", "w", encoding="utf-8") as out:
        for ws in openpyxl.load_workbook("openpyxl.xlsx"):
            for row in ws.iter_rows():
                for c in row:
                    if c.value is not None and not str(c.value).startswith("="):
                        v = c.value
                        if isinstance(v, datetime.datetime):
                            v = v.strftime("%Y-%m-%d %H:%M:%S").replace(" 00:00:00", "")
                        elif isinstance(v, bool):
                            v = str(v).upper()
                        elif c.number_format == "000-00-0000":
                            v = f"{v:09d}"; v = f"{v[:3]}-{v[3:5]}-{v[5:]}"
                        elif c.number_format == "00000":
                            v = f"{v:05d}"
                        out.write(f"{ws.title}\t{c.row}\t{c.column}\t{v!s}\n".replace("\n", "\\n", str(v).count("\n")))

def dates1904():
    wb = xlsxwriter.Workbook("xlsxwriter.xlsx", {"date_1904": True, "in_memory": True})
    ws = wb.add_worksheet("Visits")
    ws.write_row(0, 0, ["Patient ID", "Visit Date", "Time", "Phone", "Total"])
    day, clock = wb.add_format({"num_format": "d mmm yyyy"}), wb.add_format({"num_format": "h:mm AM/PM"})
    phone = wb.add_format({"num_format": "[<=9999999]###-####;(###) ###-####"})
    for i in range(30):
        ws.write(i + 1, 0, f"P{1000+i}")
        ws.write_datetime(i + 1, 1, datetime.datetime(2024, 2, 1 + i % 29), day)
        ws.write_datetime(i + 1, 2, datetime.time(8 + i % 10, 30), clock)
        ws.write_number(i + 1, 3, 6175550100 + i, phone)
        ws.write_formula(i + 1, 4, "=1+1", None, 2)
    ws.insert_textbox("G2", "Dr. Frankenstein called about Mary Godwin")
    chart = wb.add_chart({"type": "pie"})
    chart.add_series({"categories": ["Visits", 1, 0, 3, 0], "values": ["Visits", 1, 4, 3, 4], "categories_data": ["P1000", "P1001", "P1002"], "values_data": [2, 2, 2]})
    ws.insert_chart("G9", chart)
    wb.close()

def document():
    d = docx.Document()
    d.add_heading("Discharge summary", 1)
    p = d.add_paragraph("Patient: Ada Byron, MRN 100200, ")
    p.add_run("seen ").bold = True
    p.add_run("on 05/06/2023.")
    hidden = d.add_paragraph().add_run("hidden words")
    hidden.font.hidden = True
    t = d.add_table(rows=1, cols=4)
    for i, h in enumerate(["MRN", "Patient Name", "DOB", "Diagnosis"]):
        t.rows[0].cells[i].text = h
    for mrn, last, first, dob, *_ in PEOPLE:
        cells = t.add_row().cells
        for i, v in enumerate([str(mrn), f"{last}, {first}", dob.isoformat(), "B20"]):
            cells[i].text = v
    form = d.add_table(rows=0, cols=2)
    for k, v in [("Name", "Mary Shelley"), ("Phone", "617-555-0101"), ("DOB", "08/30/1957")]:
        cells = form.add_row().cells
        cells[0].text, cells[1].text = k, v
    outer = d.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "around"
    inner = outer.cell(0, 1).add_table(rows=2, cols=2)
    for i, v in enumerate(["Code", "Count", "E11.9", "12"]):
        inner.cell(i // 2, i % 2).text = v
    d.sections[0].header.paragraphs[0].text = "Lakeside Clinics"
    d.sections[0].footer.paragraphs[0].text = "Page of Ada Byron"
    d.core_properties.author = "Percy Clerk"
    d.core_properties.comments = "about Ada"
    d.save("python-docx.docx")
    with open("python-docx.txt", "w", encoding="utf-8") as out:
        for p in docx.Document("python-docx.docx").paragraphs:
            if p.text.strip():
                out.write(p.text + "\n")

def spreadsheet():
    doc = opendocument.OpenDocumentSpreadsheet()
    t = table.Table(name="Patients")
    rows = [HEAD] + PEOPLE
    for r in rows:
        tr = table.TableRow()
        for v in r:
            if v is None:
                tr.addElement(table.TableCell(numbercolumnsrepeated=1))
                continue
            if isinstance(v, datetime.date):
                c = table.TableCell(valuetype="date", datevalue=v.isoformat())
                c.addElement(text.P(text=v.strftime("%d.%m.%Y")))
            elif isinstance(v, bool):
                c = table.TableCell(valuetype="boolean", booleanvalue=str(v).lower())
                c.addElement(text.P(text=str(v).upper()))
            elif isinstance(v, int):
                c = table.TableCell(valuetype="float", value=str(v))
                c.addElement(text.P(text=str(v)))
            else:
                c = table.TableCell(valuetype="string")
                for line in v.split("\n"):
                    c.addElement(text.P(text=line))
            tr.addElement(c)
        t.addElement(tr)
    note = office.Annotation()
    note.addElement(dc.Creator(text="Nurse Joy"))
    note.addElement(text.P(text="Call the daughter"))
    t.getElementsByType(table.TableCell)[9].addElement(note)
    tr = table.TableRow(numberrowsrepeated=1000000)
    tr.addElement(table.TableCell(numbercolumnsrepeated=16384))
    t.addElement(tr)
    doc.spreadsheet.addElement(t)
    doc.save("odfpy.ods")

def opentext():
    doc = opendocument.OpenDocumentText()
    p = text.P(text="Patient: Ada Byron,")
    p.addElement(text.S(c=2)); p.addText("MRN 100200"); p.addElement(text.Tab()); p.addText("seen")
    note = text.Note(noteclass="footnote")
    note.addElement(text.NoteCitation(text="1"))
    body = text.NoteBody(); body.addElement(text.P(text="after a fall")); note.addElement(body)
    p.addElement(note); p.addText(" today.")
    doc.text.addElement(text.H(outlinelevel=1, text="Discharge summary"))
    doc.text.addElement(p)
    t = table.Table(name="Labs")
    for r in [["Test", "Result", "Date"], ["Sodium", "140", "2023-05-06"], ["Potassium", "4.1", "2023-05-06"]]:
        tr = table.TableRow()
        for v in r:
            c = table.TableCell(valuetype="string"); c.addElement(text.P(text=v)); tr.addElement(c)
        t.addElement(tr)
    doc.text.addElement(t)
    doc.save("odfpy.odt")

workbook(); dates1904(); document(); spreadsheet(); opentext()
