"""
Makes the corpus that ingestion is measured on. The same bytes from every run.

    python make.py FOLDER           the committed documents
    python make.py FOLDER --long    those that are too large to commit; made when tests need them
    python make.py FOLDER --sparse PAGES    a file of so many pages, a word on every hundredth
"""
import os
import random
import sys

from pdf import Pdf, coded, lines, string, text, unicode_font
import tables

WORDS = (
    "the quick report of our banyan figures shows that growth in the southern region was steady while costs per unit "
    "fell by 3.5% (see Table 2) and \"net\" margin rose; however, risk remains: rates, energy & freight - all three - "
    "may change before Q4 e.g. if supply tightens [note 7] or demand for co-operative housing slows down again"
).split()


def prose(seed, count):
    pick = random.Random(seed)
    return [pick.choice(WORDS) for _ in range(count)]


def paragraphs(seed, count, per_line=12):
    words = prose(seed, count)
    return [" ".join(words[i:i + per_line]) for i in range(0, count, per_line)]


def plain():
    pdf = Pdf()
    for number in range(1, 5):
        font = "FTIC"[number - 1]
        pdf.page(
            text(72, 780, f"Chapter {number}: What was measured", "B", 18)
            + lines(72, 750, paragraphs(number, 420), font, 10)
            + text(72, 40, f"Page {number} of 4", "I", 9)
        )
    return pdf


def two_columns():
    pdf = Pdf()
    for number in (1, 2):
        left, right = paragraphs(10 + number, 260, 6), paragraphs(20 + number, 260, 6)
        pdf.page(
            text(72, 790, "A heading over both columns", "B", 16)
            + lines(60, 760, left, "T", 9, 12) + lines(310, 760, right, "T", 9, 12)
        )
    # The same, written line by line across the columns: the order of the content is not the order of reading.
    left, right = paragraphs(31, 200, 6), paragraphs(32, 200, 6)
    body = ""
    for row, (a, b) in enumerate(zip(left, right)):
        body += text(60, 760 - 12 * row, a, "T", 9) + text(310, 760 - 12 * row, b, "T", 9)
    pdf.page(body)
    return pdf


def hyphens():
    pdf = Pdf()
    pdf.page(lines(72, 760, [
        "Hyphen at the end of a line: inter-", "national co-operation, and a soft one: hyphen\xadation,",
        "a dash \u2013 of one length \u2014 and another, a minus -5, ranges 1\u20135,", "an ellipsis\u2026 quotes \u201cdouble\u201d and \u2018single\u2019,",
        "bullets \u2022 one \u2022 two, a currency \u20ac 5, \xa3 6, \xa7 7, \xb0C, \xb5m, x\xb2, \xbd, \xae, \u2122,",
        "no-break\xa0space, na\xefve caf\xe9, \xdcber, \xdf, back\\slash, under_score, ~tilde~, ^caret^, `tick`, {braces}, <angles>, a|b",
    ]) + text(72, 600, "s p a c e d", before="4 Tc") + text(72, 580, "wide words here", before="20 Tw")
        + "BT /F 11 Tf 72 560 Td [(ker)-20(ned)-300(as)-2500(an)40(array)] TJ ET\n"
        + "BT /F 11 Tf 72 540 Td (E = mc) Tj 5 Ts /F 7 Tf (2) Tj 0 Ts /F 11 Tf ( and H) Tj -3 Ts /F 7 Tf (2) Tj 0 Ts /F 11 Tf (O) Tj ET\n")
    return pdf


def ligatures():
    pdf = Pdf()
    differences = pdf.add(
        "<</Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl /ff /ffi /ffl /dotlessi /Lslash /lslash]>>"
    )
    times = pdf.add(f"<</Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding {differences} 0 R>>")
    font, codes = unicode_font(pdf, "Lig", ["\ufb01", "\ufb02", "\ufb03", "ffi", "fl", "st", "e", "o", "c", " ", "\ufb06"])
    pdf.page(
        "BT /L 14 Tf 72 760 Td (The of\\001ce \\002oor, e\\003ect, o\\004ce, ba\\005e, \\006, \\007 and \\010) Tj ET\n"
        + coded(72, 720, codes, ["o", "\ufb03", "c", "e", " ", "\ufb01", " ", "\ufb02", "o", "\ufb06"])
        + coded(72, 690, codes, ["o", "ffi", "c", "e", " ", "fl", "o", "st"]),
        fonts={"L": times, "U": font},
    )
    # What a reader sees, and what the author says it stands for.
    pdf.page(
        "BT /F 12 Tf 72 760 Td (Drawn: ) Tj /Span <</ActualText (spoken)>> BDC (drawn) Tj EMC ( and on) Tj ET\n"
        + text(72, 730, "Twice", "B", 12) + text(72.3, 730, "Twice", "B", 12)
    )
    return pdf


HEBREW = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, \u05de\u05e1\u05e4\u05e8 42"
ARABIC = "\u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645 \u0661\u0662"


def right_to_left():
    pdf = Pdf()
    letters = sorted(set(HEBREW + ARABIC + "English ab (12)"))
    font, codes = unicode_font(pdf, "Rtl", letters)
    # As stored in logical order, and as most producers draw it: in visual order, from left to right.
    pdf.page(
        coded(72, 760, codes, HEBREW) + coded(72, 730, codes, HEBREW[::-1])
        + coded(72, 700, codes, ARABIC) + coded(72, 670, codes, ARABIC[::-1])
        + coded(72, 640, codes, "English " + HEBREW[::-1]) + coded(72, 610, codes, HEBREW[::-1] + " ab (12)"),
        fonts={"U": font},
    )
    return pdf


def cjk():
    pdf = Pdf()

    def predefined(name, ordering, encoding):
        descriptor = pdf.add(
            f"<</Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [0 -120 1000 880] /ItalicAngle 0 "
            "/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80>>"
        )
        cid = pdf.add(
            f"<</Type /Font /Subtype /CIDFontType0 /BaseFont /{name} /CIDSystemInfo <</Registry (Adobe) /Ordering "
            f"({ordering}) /Supplement 2>> /DW 1000 /FontDescriptor {descriptor} 0 R>>"
        )
        return pdf.add(
            f"<</Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /{encoding} /DescendantFonts [{cid} 0 R]>>"
        )

    fonts = {
        "S": predefined("STSong-Light", "GB1", "UniGB-UCS2-H"), "M": predefined("MSung-Light", "CNS1", "UniCNS-UCS2-H"),
        "J": predefined("HeiseiMin-W3", "Japan1", "UniJIS-UCS2-H"), "R": predefined("HeiseiKakuGo-W5", "Japan1", "90ms-RKSJ-H"),
        "K": predefined("HYSMyeongJo-Medium", "Korea1", "UniKS-UCS2-H"), "V": predefined("STSong-Light", "GB1", "UniGB-UCS2-V"),
        "G": predefined("STHeiti-Regular", "GB1", "GBK-EUC-H"),
    }

    def show(x, y, font, raw):
        return f"BT /{font} 14 Tf {x} {y} Td <{raw.hex()}> Tj ET\n"

    chinese, traditional = "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u7b2c3\u7ae0\uff1a\u6570\u636e", "\u53f0\u7063\u7e41\u9ad4\u5b57"
    japanese, korean = "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3001\u3072\u3089\u304c\u306a\u3002", "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4"
    u = "utf-16-be"
    pdf.page(
        show(72, 760, "S", chinese.encode(u)) + show(72, 730, "M", traditional.encode(u))
        + show(72, 700, "J", japanese.encode(u)) + show(72, 670, "R", japanese.encode("cp932"))
        + show(72, 640, "K", korean.encode(u)) + show(72, 610, "G", chinese.encode("gbk"))
        + text(72, 580, "Mixed with Latin", "F", 14),
        fonts=fonts,
    )
    pdf.page(show(400, 760, "V", chinese.encode(u)) + show(370, 760, "V", "\u7ad6\u6392".encode(u)), fonts=fonts)
    return pdf


def astral():
    pdf = Pdf()
    characters = ["\U0001d400", "\U0001f600", "\U00020000", "\U00010330", "x", " ", "\u0301", "e", "\u200b", "\ufeff", "\u2028", "\ue000"]
    font, codes = unicode_font(pdf, "Astral", characters)
    pdf.page(
        coded(72, 760, codes, ["\U0001d400", "x", " ", "\U0001f600", " ", "\U00020000", "\U00010330"])
        + coded(72, 730, codes, ["e", "\u0301", "x", "\u200b", "x", "\ufeff", "x", "\u2028", "x", "\ue000", "x"]),
        fonts={"U": font},
    )
    # Codes that no map explains.
    bare = pdf.add(
        "<</Type /Font /Subtype /CIDFontType2 /BaseFont /Bare /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) "
        "/Supplement 0>> /DW 600 /CIDToGIDMap /Identity /FontDescriptor "
        "<</Type /FontDescriptor /FontName /Bare /Flags 4 /FontBBox [0 -200 1000 900] /Ascent 900 /Descent -200 /ItalicAngle 0 /CapHeight 700 /StemV 80>>>>"
    )
    unmapped = pdf.add(f"<</Type /Font /Subtype /Type0 /BaseFont /Bare /Encoding /Identity-H /DescendantFonts [{bare} 0 R]>>")
    pdf.page("BT /N 14 Tf 72 760 Td <004100420043> Tj ET\n" + text(72, 730, "after codes without a map"), fonts={"N": unmapped})
    # A font whose glyphs are little drawings.
    box = pdf.stream("600 0 0 0 500 700 d1 0 0 500 700 re f")
    type3 = pdf.add(
        "<</Type /Font /Subtype /Type3 /FontBBox [0 0 600 700] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 98 "
        f"/Widths [600 600] /CharProcs <</a {box} 0 R /b {box} 0 R>> /Encoding <</Type /Encoding /Differences [97 /a /b]>> /Resources <<>>>>"
    )
    pdf.page("BT /D 14 Tf 72 760 Td (abba) Tj ET\n" + text(72, 730, "after drawn letters"), fonts={"D": type3})
    return pdf


def rotated():
    pdf = Pdf()
    for degrees in (90, 180, 270, -90, 450):
        pdf.page(
            text(72, 760, f"Page turned by {degrees}", "B", 14) + lines(72, 730, paragraphs(degrees % 97, 60), "F", 10)
            + tables.grid(72, 500, [110, 120, 90], [22, 22, 22], [["Kind", "Value", "Unit"], ["a", "1", "m"], ["b", "2", "kg"]]),
            extra=f"/Rotate {degrees}",
        )
    turned = "BT /F 11 Tf {} Tm ({}) Tj ET\n"
    pdf.page(
        text(72, 760, "Level text") + turned.format("0 1 -1 0 300 400", "Upwards text") + turned.format("0 -1 1 0 350 700", "Downwards text")
        + turned.format("-1 0 0 -1 300 300", "Upside down") + turned.format("0.866 0.5 -0.5 0.866 100 500", "Slanted text")
        + turned.format("-1 0 0 1 500 200", "Mirrored") + turned.format("1 0 0.3 1 100 200", "Oblique"),
    )
    return pdf


def placement():
    pdf = Pdf()
    inside = text(100, 700, "Inside the crop box") + text(20, 820, "Cropped away") + text(580, 400, "Over the edge of the page")
    pdf.page(inside + text(-200, 300, "Left of everything"), extra="/CropBox [50 50 500 780]")
    pdf.page(inside, box=(-100, -100, 500, 800))
    pdf.page(
        text(72, 700, "Visible") + text(72, 680, "Invisible but there", before="3 Tr") + text(72, 660, "White on white", before="1 g")
        + text(72, 640, "Outlined", before="1 Tr") + text(72, 620, "Clip only", before="7 Tr"),
        extra="/UserUnit 2",
    )
    form = pdf.stream(
        text(0, 0, "Text of a form, used twice"), f"/Type /XObject /Subtype /Form /BBox [0 -20 400 40] /Resources <</Font <</F {pdf.font('Helvetica')} 0 R>>>>"
    )
    pdf.page(
        "q 1 0 0 1 72 700 cm /X Do Q q 2 0 0 2 72 500 cm /X Do Q\n"
        "q 72 400 100 20 re W n " + text(72, 405, "Clipped to a hundred points") + "Q\n"
        + "/OC /Hidden BDC " + text(72, 300, "On a layer that is off") + "EMC\n" + text(72, 280, "On the page"),
        resources=f"/XObject <</X {form} 0 R>> /Properties <</Hidden {len(pdf.objects) + 1} 0 R>>",
    )
    return pdf


def layers():
    pdf = Pdf()
    off = pdf.add("<</Type /OCG /Name (Off)>>")
    on = pdf.add("<</Type /OCG /Name (On)>>")
    pdf.catalog["OCProperties"] = f"<</OCGs [{off} 0 R {on} 0 R] /D <</BaseState /ON /OFF [{off} 0 R]>>>>"
    pdf.page(
        text(72, 700, "Always shown") + "/OC /A BDC " + text(72, 680, "Layer that is off") + "EMC\n/OC /B BDC "
        + text(72, 660, "Layer that is on") + "EMC\n",
        resources=f"/Properties <</A {off} 0 R /B {on} 0 R>>",
    )
    return pdf


def forms():
    pdf = Pdf()
    fonts = f"<</Font <</F {pdf.font('Helvetica')} 0 R>>>>"

    def appearance(words, width, height):
        return pdf.stream(
            f"/Tx BMC q BT /F 11 Tf 0 g 2 5 Td ({string(words)}) Tj ET Q EMC",
            f"/Type /XObject /Subtype /Form /BBox [0 0 {width} {height}] /Resources {fonts}",
        )

    def field(y, name, value, extra=""):
        return pdf.add(
            f"<</Type /Annot /Subtype /Widget /FT /Tx /T ({name}) /V ({value}) /DA (/F 11 Tf 0 g) /Rect [200 {y} 400 {y + 20}] "
            f"/F 4 /AP <</N {appearance(value, 200, 20)} 0 R>> {extra}>>"
        )

    fields = [field(700, "name", "Ada Lovelace"), field(670, "city", "London"), field(640, "secret", "hidden value", "/F 2")]
    blank = pdf.add("<</Type /Annot /Subtype /Widget /FT /Tx /T (empty) /DA (/F 11 Tf 0 g) /Rect [200 610 400 630] /F 4>>")
    unseen = pdf.add("<</Type /Annot /Subtype /Widget /FT /Tx /T (bare) /V (Value without a picture) /DA (/F 11 Tf 0 g) /Rect [200 580 400 600] /F 4>>")
    choice = pdf.add(
        "<</Type /Annot /Subtype /Widget /FT /Ch /Ff 131072 /T (colour) /V (green) /Opt [(red) (green)] /DA (/F 11 Tf 0 g) "
        f"/Rect [200 550 400 570] /F 4 /AP <</N {appearance('green', 200, 20)} 0 R>>>>"
    )
    note = pdf.add(
        f"<</Type /Annot /Subtype /FreeText /Contents (A free text note) /DA (/F 11 Tf 0 g) /Rect [72 400 300 430] /F 4 "
        f"/AP <</N {appearance('A free text note', 228, 30)} 0 R>>>>"
    )
    sticky = pdf.add("<</Type /Annot /Subtype /Text /Contents (A sticky note) /Rect [400 400 420 420] /Name /Note>>")
    popup = pdf.add(f"<</Type /Annot /Subtype /Popup /Parent {sticky} 0 R /Rect [420 300 560 400] /Open true>>")
    link = pdf.add("<</Type /Annot /Subtype /Link /Rect [72 350 200 365] /Border [0 0 1] /A <</S /URI /URI (https://example.org/)>>>>")
    every = [*fields, blank, unseen, choice]
    pdf.catalog["AcroForm"] = (
        f"<</Fields [{' '.join(f'{n} 0 R' for n in every)}] /DR {fonts} /DA (/F 11 Tf 0 g)>>"
    )
    annotations = " ".join(f"{n} 0 R" for n in [*every, note, sticky, popup, link])
    labels = "".join(text(72, y + 5, label) for y, label in [(700, "Name"), (670, "City"), (610, "Nothing"), (550, "Colour")])
    pdf.page(labels + text(72, 353, "A link"), extra=f"/Annots [{annotations}]")
    return pdf


def scanned_picture(pdf, rows, width=850, height=400):
    """Words as a picture: what a scanner would have made of them. Rendered by the library that legacy has."""
    import fitz

    doc = fitz.open()
    page = doc.new_page(width=width * 72 / 200, height=height * 72 / 200)
    for number, row in enumerate(rows):
        page.insert_text((20, 30 + 24 * number), row, fontsize=14, fontname="tiro")
    pixmap = page.get_pixmap(dpi=200, colorspace=fitz.csGRAY)
    packed = bytearray()
    for y in range(pixmap.height):
        row = pixmap.samples[y * pixmap.stride:y * pixmap.stride + pixmap.width]
        for x in range(0, pixmap.width, 8):
            bits = row[x:x + 8].ljust(8, b"\xff")
            packed.append(sum(1 << (7 - i) for i, value in enumerate(bits) if value > 127))
    return pixmap.width, pixmap.height, pdf.stream(
        bytes(packed),
        f"/Type /XObject /Subtype /Image /Width {pixmap.width} /Height {pixmap.height} /ColorSpace /DeviceGray /BitsPerComponent 1",
    )


SCANS = [
    ["Invoice number 2024-117", "Total due: 1,250.00 EUR", "Please pay within thirty days."],
    ["The second page was scanned", "upside up and has (brackets)", "and \"quotes\" as well."],
]


def scanned():
    pdf = Pdf()
    for rows in SCANS:
        width, height, image = scanned_picture(pdf, rows)
        pdf.page(f"q {width * 0.36:.2f} 0 0 {height * 0.36:.2f} 40 500 cm /S Do Q", resources=f"/XObject <</S {image} 0 R>>")
    width, height, image = scanned_picture(pdf, SCANS[0])
    pdf.page(
        f"q {width * 0.36:.2f} 0 0 {height * 0.36:.2f} 40 500 cm /S Do Q", resources=f"/XObject <</S {image} 0 R>>", extra="/Rotate 180"
    )
    return pdf


def half_scanned():
    """One page with text is enough for legacy not to look at the others' pictures."""
    pdf = Pdf()
    width, height, image = scanned_picture(pdf, SCANS[0])
    pdf.page(f"q {width * 0.36:.2f} 0 0 {height * 0.36:.2f} 40 500 cm /S Do Q", resources=f"/XObject <</S {image} 0 R>>")
    pdf.page(text(72, 700, "Only this page has text."))
    pdf.page("")
    return pdf


def blank():
    pdf = Pdf()
    pdf.page("")
    pdf.page(text(72, 700, "   "))
    return pdf


def long_page():
    """Pages that are cut into several chunks: just over the limit, and far over."""
    pdf = Pdf()
    for seed, count in ((1, 1000), (2, 1001), (3, 1200), (4, 1201), (5, 2601), (6, 5000)):
        pdf.page(lines(20, 830, paragraphs(seed, count, 25), "F", 4, 4.05))
    return pdf


def cjk_tables():
    """Cells in fonts whose character maps every reader has built in."""
    pdf = Pdf()

    def font(name, ordering, encoding, widths=""):
        descriptor = pdf.add(
            f"<</Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [0 -120 1000 880] /ItalicAngle 0 "
            "/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80>>"
        )
        cid = pdf.add(
            f"<</Type /Font /Subtype /CIDFontType0 /BaseFont /{name} /CIDSystemInfo <</Registry (Adobe) /Ordering "
            f"({ordering}) /Supplement 2>> /DW 1000 {widths} /FontDescriptor {descriptor} 0 R>>"
        )
        return pdf.add(f"<</Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /{encoding} /DescendantFonts [{cid} 0 R]>>")

    fonts = {
        "S": font("STSong-Light", "GB1", "UniGB-UCS2-H"), "J": font("HeiseiMin-W3", "Japan1", "90ms-RKSJ-H", "/W [1 94 500 231 632 500]"),
        "K": font("HYSMyeongJo-Medium", "Korea1", "KSCms-UHC-H"), "B": font("MSung-Light", "CNS1", "ETen-B5-H"), "G": font("STHeiti-Regular", "GB1", "GBK-EUC-H"),
    }
    cells = [
        ("S", "\u6570\u636e\uff1a12", "utf-16-be"), ("J", "\u65e5\u672c ABC 12", "cp932"), ("K", "\ud55c\uad6d", "cp949"),
        ("B", "\u53f0\u7063", "big5"), ("G", "\u7b2c3\u7ae0", "gbk"), ("S", "\u3042\u3044", "utf-16-be"),
    ]
    body = tables.grid(72, 740, [140, 140, 140], [40, 40], [])
    for number, (name, words, codec) in enumerate(cells):
        body += f"BT /{name} 12 Tf {80 + 140 * (number % 3)} {715 - 40 * (number // 3)} Td <{words.encode(codec).hex()}> Tj ET\n"
    pdf.page(body, fonts=fonts)
    return pdf


def embedded(path):
    """Embedded, subsetted fonts, set by the library that legacy has: paragraphs and a table of a word processor's kind."""
    import fitz

    doc = fitz.open()
    page = doc.new_page()
    html = (
        "<h2>Office of the affluent</h2><p>Efficient fi-ligatures, <b>bold</b>, <i>italic</i>, \u4f60\u597d, \u65e5\u672c\u8a9e, \u03bb\u2192\u221e, \u00e9\u00fc\u00df.</p>"
        "<p style='text-align:justify'>" + " ".join(prose(77, 120)) + "</p><ul><li>first</li><li>second</li></ul>"
    )
    page.insert_htmlbox(fitz.Rect(72, 72, 500, 400), html)
    rows = [["Name", "Wert", "\u5024"], ["\u00c4pfel & Birnen", "1,5 \u20ac", "\u4e00"], ["fi ffi", "\u03b1 \u2264 \u03b2", "\u4e8c\u4e09"]]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            box = fitz.Rect(72 + 130 * c, 450 + 30 * r, 202 + 130 * c, 480 + 30 * r)
            page.draw_rect(box)
            page.insert_htmlbox(box + (4, 4, -4, -4), cell)
    doc.subset_fonts()
    doc.save(path, garbage=4, deflate=True, no_new_id=True)


def cut(path):
    """Lost its end: MuPDF repairs it, pdfplumber refuses it."""
    tables.ruled().write(path)
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data[:data.rindex(b"trailer")])


def shifted(path):
    """Every offset is wrong by a hundred bytes."""
    tables.ruled().write(path)
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data[:15] + b"%" * 99 + b"\n" + data[15:])


OTHER_FORMATS = {
    "text": b"hello\nthis is not a pdf\n",
    "html": b"<html><body><p>A page of the web with <b>words</b></p></body></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><text x="10" y="20">A drawing with words</text></svg>',
    "nothing": b"",
}


def damaged(path):
    """A table of objects that points nowhere: MuPDF repairs it."""
    plain().write(path)
    with open(path, "rb") as f:
        data = f.read()
    start = data.rindex(b"xref\n0")
    with open(path, "wb") as f:
        f.write(data[:start] + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1>>\nstartxref\n12\n%%EOF\n")


def encrypted(path, user):
    """With an empty password every reader opens it."""
    pdf = plain()
    pdf.write(path, pdf.encrypt(user))


COMMITTED = {
    "plain": plain, "two-columns": two_columns, "hyphens": hyphens, "ligatures": ligatures, "right-to-left": right_to_left,
    "cjk": cjk, "astral": astral, "rotated": rotated, "placement": placement, "layers": layers, "forms": forms,
    "scanned": scanned, "half-scanned": half_scanned, "blank": blank, "long-pages": long_page,
    "tables-ruled": tables.ruled, "tables-drawn": tables.drawn, "tables-odd": tables.odd, "tables-unruled": tables.unruled,
    "tables-placed": tables.placed, "tables-cells": tables.cells, "tables-cjk": cjk_tables, "tables-scripts": tables.scripts,
}


def long_document(pages):
    pdf = Pdf()
    for number in range(1, pages + 1):
        pdf.page(text(72, 780, f"Section {number}", "B", 14) + lines(72, 750, paragraphs(number, 120), "F", 10))
    return pdf


def many_tables(pages):
    pdf = Pdf()
    for number in range(1, pages + 1):
        rows = [["Item", "Amount", "Note"]] + [[f"item {number}.{i}", str(i * number), "ok"] for i in range(1, 12)]
        pdf.page(text(72, 780, f"Sheet {number}") + tables.grid(72, 740, [150, 100, 120], [20] * 12, rows))
    return pdf


def sparse(pages):
    pdf = Pdf()
    for number in range(1, pages + 1):
        pdf.page(text(72, 700, f"Page {number}") if number % 100 == 0 else "72 700 m 200 700 l S")
    return pdf


LONG = {"long-300": lambda: long_document(300), "tables-100": lambda: many_tables(100), "long-5000": lambda: long_document(5000)}


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    if "--sparse" in sys.argv:
        pages = int(sys.argv[3])
        return sparse(pages).write(os.path.join(folder, f"sparse-{pages}.pdf"))
    for name, make in (LONG if "--long" in sys.argv else COMMITTED).items():
        make().write(os.path.join(folder, f"{name}.pdf"))
    if "--long" not in sys.argv:
        for name, make in (("damaged", damaged), ("embedded", embedded), ("cut", cut), ("shifted", shifted)):
            make(os.path.join(folder, f"{name}.pdf"))
        for name, data in OTHER_FORMATS.items():
            with open(os.path.join(folder, f"not-a-pdf-{name}.pdf"), "wb") as f:
                f.write(data)
        encrypted(os.path.join(folder, "encrypted.pdf"), "")
        encrypted(os.path.join(folder, "password.pdf"), "secret")


main()
