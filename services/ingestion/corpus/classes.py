"""
Documents of the classes in which readers of PDFs differ most. A seed gives the same files on every machine.

    python classes.py FOLDER SEED COUNT    so many documents of each class, named after it: annotations-001.pdf
"""
import os
import random
import sys
import zlib

from pdf import Pdf, lines, string, text, unicode_font
import tables

WORDS = "amount due date name of holder city code total 12 3.50 north (a) e.g. note: see 7 fig".split()


def phrase(pick, most=5):
    return " ".join(pick.choice(WORDS) for _ in range(pick.randrange(1, most)))


def appearance(pdf, body, box, extra=""):
    """A form XObject; `box` is its BBox."""
    fonts = f"<</Font <</F {pdf.font('Helvetica')} 0 R /T {pdf.font('Times-Roman')} 0 R>>>>"
    return pdf.stream(body, f"/Type /XObject /Subtype /Form /BBox [{box}] /Resources {fonts} {extra}")


def place(pick):
    """A rectangle, and its width and height. Some lie over the page's edge or have their corners swapped."""
    x, y = pick.choice([72, 200, 200.5, 400, 560, -30]), pick.choice([700, 640.25, 500, 300, 100, 830, -10])
    width, height = pick.choice([60, 120, 200]), pick.choice([14, 20, 60])
    corners = (x, y, x + width, y + height)
    if pick.random() < 0.1:
        corners = (x + width, y + height, x, y)
    return " ".join(map(str, corners)), width, height


def drawn_words(pick, pdf, width, height):
    """What an appearance shows: words in the box, beyond it, on several lines, or nothing."""
    body = pick.choice([
        text(2, 4, phrase(pick)), text(2, 4, phrase(pick, 30)), text(2, height + 40, phrase(pick)),
        lines(2, height - 12, [phrase(pick) for _ in range(8)]), text(-50, 4, phrase(pick), "T", 9),
        text(2, 4, phrase(pick)) + text(width + 30, 4, phrase(pick)), "",
    ])
    if pick.random() < 0.5:
        body = f"/Tx BMC q 0 0 {width} {height} re W n {body} Q EMC"
    extra = pick.choice(["", "", "", "/Matrix [1 0 0 1 5 5]", "/Matrix [0 1 -1 0 0 0]", "/Matrix [0.5 0 0 2 0 0]"])
    box = pick.choice([f"0 0 {width} {height}"] * 4 + [f"0 0 {2 * width} {height / 2}", f"-10 -10 {width} {height}", "0 0 0 0"])
    return appearance(pdf, body, box, extra)


def annotation(pick, pdf):
    rectangle, width, height = place(pick)
    kind = pick.choice(["FreeText", "FreeText", "FreeText", "Stamp", "Text", "Highlight", "Square", "Line", "Ink", "Link", "FileAttachment", "Popup", "Underline", "Redact", "Caret", "Unheard"])
    extra = {
        "Highlight": "/QuadPoints [72 720 200 720 72 700 200 700] /C [1 1 0]", "Underline": "/QuadPoints [72 720 200 720 72 700 200 700]",
        "Line": "/L [72 700 200 650] /Cap true", "Ink": "/InkList [[72 700 80 710 90 700]]",
        "Stamp": pick.choice(["/Name /Approved", "/Name /Draft", "/Name /Private", ""]), "Redact": "/OverlayText (covered) /DA (/Helv 10 Tf 0 g)",
        "FreeText": pick.choice(["/DA (/Helv 12 Tf 0 g)", "/DA (/F 11 Tf 1 0 0 rg)", "/DA (0 g)", "", "/DA (/TiRo 9 Tf) /Q 1", "/DA (/Helv 12 Tf 0 g) /DS (font: 12pt Helvetica) /RC (<body><p>rich words</p></body>)",
                                 "/DA (/Helv 12 Tf 0 g) /IT /FreeTextCallout /CL [72 600 100 650 200 640]", "/DA (/Helv 0 Tf 0 g)", "/DA (/Helv 12 Tf 0 g) /Rotate 90", "/DA (/Cour 8 Tf 0 g) /BS <</W 2>> /RD [4 4 4 4]"]),
    }.get(kind, "")
    contents = pick.choice([f"/Contents ({string(phrase(pick, 12))})"] * 5 + ["", "/Contents ()", "/Contents (two\\rlines here)", "/Contents <FEFF004400E9006A00E000204F60597D>", "/Contents <FEFF05E905DC05D505DD>"])
    flags = pick.choice(["/F 4"] * 5 + ["", "/F 2", "/F 1", "/F 32", "/F 0", "/F 28"])
    shown = pick.choice([0, 0, 1, 1, 2])
    ap = ""
    if shown == 1:
        ap = f"/AP <</N {drawn_words(pick, pdf, width, height)} 0 R>>"
    elif shown == 2:
        ap = pick.choice(["/AP <<>>", "/AP <</N null>>", f"/AP <</N <</On {drawn_words(pick, pdf, width, height)} 0 R>>>> /AS /On", f"/AP <</N <</On {drawn_words(pick, pdf, width, height)} 0 R>>>> /AS /Off", f"/AP <</D {drawn_words(pick, pdf, width, height)} 0 R>>"])
    return pdf.add(f"<</Type /Annot /Subtype /{kind} /Rect [{rectangle}] {extra} {contents} {flags} {ap}>>")


def annotations(pick):
    pdf = Pdf()
    for _ in range(pick.randrange(1, 3)):
        every = " ".join(f"{annotation(pick, pdf)} 0 R" for _ in range(pick.randrange(1, 6)))
        pdf.page(page_words(pick), extra=f"/Annots [{every}] {turned(pick)}")
    return pdf


def page_words(pick):
    """Some end where a field or a note goes on; some leave the graphics state as no page should."""
    body = "".join(text(72, y, phrase(pick, 9), pick.choice("FTB"), 11) for y in (700, 640, 500, 304)[:pick.randrange(0, 5)])
    if pick.random() < 0.4:
        body += text(pick.choice([150, 172, 185, 195.5]), pick.choice([704, 644, 504]), pick.choice(["Name:", "No", "x"]), "F", 11)
    before, after = pick.choice([("", "")] * 6 + [("0.5 0 0 0.5 20 20 cm ", ""), ("q 1 0 0 1 30 0 cm ", ""), ("1 0 0 1 9 9 cm Q Q ", " Q Q"), ("q q ", " Q q 2 0 0 2 0 0 cm")])
    return before + body + after


def turned(pick):
    return pick.choice([""] * 5 + ["/Rotate 90", "/Rotate 180", "/CropBox [50 50 500 720]", "/UserUnit 2", "/MediaBox [-20 -20 575 822]"])


def field(pick, pdf, number):
    rectangle, width, height = place(pick)
    kind = pick.choice(["Tx", "Tx", "Tx", "Tx", "Ch", "Btn", "Sig"])
    value = string(phrase(pick, 8))
    extra = {
        "Tx": f"/V ({value}) " + pick.choice(["", "", "/Ff 4096", "/Ff 16777216 /MaxLen 10", "/Ff 8192", "/Q 2", "/MaxLen 3", "/Ff 4096 /Q 1", f"/DV ({value})"]),
        "Ch": f"/Opt [(one) (two) ({value}) [(e) (shown)]] /V ({value}) " + pick.choice(["/Ff 131072", "", "/I [2]", "/TI 1", "/Ff 2097152"]),
        "Btn": pick.choice(["/Ff 65536 /MK <</CA (Press here) /BG [0.9]>>", "/V /On /AS /On", "/Ff 32768 /V /Off", "/MK <</CA (4)>> /V /Yes /AS /Yes"]),
        "Sig": "",
    }[kind]
    da = pick.choice(["/DA (/F 11 Tf 0 g)"] * 4 + ["", "/DA (/Helv 0 Tf 0 g)", "/DA (/Unknown 9 Tf 0 g)", "/DA (/T 0 Tf 0.2 g)"])
    flags = pick.choice(["/F 4"] * 6 + ["", "/F 2", "/F 6", "/F 32"])
    shown = pick.random()
    ap = f"/AP <</N {drawn_words(pick, pdf, width, height)} 0 R>>" if shown < 0.55 else ""
    if kind == "Btn" and shown < 0.55:
        ap = f"/AP <</N <</On {drawn_words(pick, pdf, width, height)} 0 R /Off {drawn_words(pick, pdf, width, height)} 0 R>>>>"
    return pdf.add(f"<</Type /Annot /Subtype /Widget /FT /{kind} /T (field{number}) /Rect [{rectangle}] {extra} {da} {flags} {ap} {pick.choice(['', '', '/MK <</R 90>>'])}>>")


def fields(pick):
    pdf = Pdf()
    every, number = [], 0
    for _ in range(pick.randrange(1, 3)):
        own = []
        for _ in range(pick.randrange(1, 6)):
            number += 1
            own.append(field(pick, pdf, number))
        if pick.random() < 0.3:
            own += comb(pick, pdf)
        if pick.random() < 0.2:
            own.append(annotation(pick, pdf))
        every += own
        pdf.page(page_words(pick), extra=f"/Annots [{' '.join(f'{n} 0 R' for n in own)}] {turned(pick)}")
    if pick.random() < 0.9:
        resources = f"<</Font <</F {pdf.font('Helvetica')} 0 R /T {pdf.font('Times-Roman')} 0 R>>>>"
        appearances = pick.choice(["", "", "/NeedAppearances true", "/NeedAppearances false"])
        pdf.catalog["AcroForm"] = f"<</Fields [{' '.join(f'{n} 0 R' for n in every)}] /DR {resources} /DA (/F 11 Tf 0 g) {appearances}>>"
    return pdf


def comb(pick, pdf):
    """A field for each letter, side by side: readers join them to a word or do not."""
    gap, size = pick.choice([7, 9, 12, 20]), pick.choice([9, 11])
    return [
        pdf.add(
            f"<</Type /Annot /Subtype /Widget /FT /Tx /T (comb{i}) /V ({letter}) /DA (/F {size} Tf 0 g) /F 4 /Rect [{200 + gap * i} 400 {200 + gap * (i + 1)} 414] "
            f"/AP <</N {appearance(pdf, text(1, 3, letter, 'F', size), f'0 0 {gap} 14')} 0 R>>>>"
        )
        for i, letter in enumerate("12345678"[:pick.randrange(2, 9)])
    ]


def masks(pick):
    """Soft masks, of graphics states and of pictures, with words in what is masked and in the mask."""
    pdf = Pdf()
    for _ in range(pick.randrange(1, 3)):
        group = "/Group <</S /Transparency /CS /DeviceGray>>"
        words = pick.choice([text(72, 600, phrase(pick), "F", 30), "1 g 0 0 595 842 re f", text(72, 700, phrase(pick)), text(900, 600, phrase(pick)), tables.grid(72, 500, [100, 100], [20, 20], [["m", "n"], ["o", "p"]])])
        mask = appearance(pdf, words, pick.choice(["0 0 595 842", "0 0 100 100", "72 600 300 640"]), pick.choice([group, group, ""]))
        transfer = pick.choice(["", "/TR /Identity", "/BC [0]", "/TR <</FunctionType 2 /Domain [0 1] /N 1>>"])
        state = pdf.add(f"<</Type /ExtGState /SMask <</Type /Mask /S /{pick.choice(['Luminosity', 'Alpha'])} /G {mask} 0 R {transfer}>> {pick.choice(['', '/ca 0', '/ca 0.5', '/BM /Multiply'])}>>")
        plain = pdf.add("<</Type /ExtGState /SMask /None /ca 1>>")
        small = pdf.stream(bytes(range(64)), "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8")
        picture = pdf.stream(bytes(range(64)), f"/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 /SMask {small} 0 R")
        inner = appearance(pdf, text(80, 560, phrase(pick)) + tables.grid(72, 550, [100, 100], [20, 20], [["a", "b"], ["c", "d"]]), "0 0 595 842", pick.choice(["", group]))
        body = "/M gs " + text(72, 620, phrase(pick), "F", 20) + pick.choice(["/I Do ", "q 100 0 0 100 72 100 cm /P Do Q ", ""]) + tables.grid(72, 400, [100, 100], [20, 20], [[phrase(pick, 3), ""], ["", phrase(pick, 3)]])
        body = pick.choice([f"q {body} Q ", body, f"q {body} Q /N gs {text(72, 200, phrase(pick))}", f"{body} /N gs {text(72, 250, phrase(pick))}", f"/M gs /M gs {body}"])
        pdf.page(text(72, 780, phrase(pick)) + body + text(72, 150, phrase(pick)), resources=f"/ExtGState <</M {state} 0 R /N {plain} 0 R>> /XObject <</P {picture} 0 R /I {inner} 0 R>>", extra=turned(pick))
    return pdf


def encoded(pick, data):
    """@returns the bytes and the stream's entries, by one filter or several"""
    raw, names = data if isinstance(data, bytes) else data.encode("latin-1"), []
    parms = "null"
    for _ in range(pick.choice([1, 1, 1, 2])):
        name = pick.choice(["FlateDecode", "LZWDecode", "ASCII85Decode", "ASCIIHexDecode", "RunLengthDecode", "Predicted", "Crypt", "Damaged", "Cut", "BrotliDecode", "Unknown", "Short"])
        if name == "FlateDecode":
            raw = zlib.compress(raw)
        elif name == "Short":
            raw, name = zlib.compress(raw), "Fl"
        elif name == "Damaged":
            raw, name = bytearray(zlib.compress(raw)), "FlateDecode"
            raw[-pick.choice([1, 2, 4, min(20, len(raw) - 5)])] ^= 0x55
            raw = bytes(raw)
        elif name == "Cut":
            raw, name = zlib.compress(raw), "FlateDecode"
            raw = raw[:-pick.choice([1, 4, 5, min(30, len(raw) - 8)])]
        elif name == "Predicted":
            row = 16
            padded = raw.ljust(-(-len(raw) // row) * row, b" ")
            raw, name = zlib.compress(b"".join(b"\0" + padded[i:i + row] for i in range(0, len(padded), row))), "FlateDecode"
            names.insert(0, (name, f"<</Predictor 12 /Columns {row}>>"))
            continue
        elif name == "LZWDecode":
            raw = lzw(raw)
        elif name == "BrotliDecode" and pick.random() < 0.7:
            raw = brotli(raw)
        elif name == "ASCII85Decode":
            import base64
            raw = base64.a85encode(raw) + pick.choice([b"~>", b"", b"~"])
        elif name == "ASCIIHexDecode":
            raw = raw.hex().encode() + pick.choice([b">", b""])
        elif name == "RunLengthDecode":
            raw = b"".join(bytes([len(raw[i:i + 100]) - 1]) + raw[i:i + 100] for i in range(0, len(raw), 100)) + pick.choice([b"\x80", b""])
        names.insert(0, (name, "null"))
    if len(names) == 1 and pick.random() < 0.6:
        entries = f"/Filter /{names[0][0]}" + (f" /DecodeParms {names[0][1]}" if names[0][1] != "null" else "")
    else:
        entries = f"/Filter [{' '.join('/' + name for name, _ in names)}] /DecodeParms [{' '.join(parm for _, parm in names)}]"
    return raw, entries


def brotli(data):
    """One block that is stored as it is (RFC 7932, 9.2): valid, if not small."""
    return ((len(data) - 1 << 4) | 1 << 20).to_bytes(3, "little") + data + b"\3"


def lzw(data):
    """Every byte by itself, the table cleared before it grows: valid, if not small."""
    bits = ""
    for i in range(0, len(data), 200):
        bits += f"{256:09b}" + "".join(f"{byte:09b}" for byte in data[i:i + 200])
    bits += f"{257:09b}"
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def filters(pick):
    pdf = Pdf()
    for _ in range(pick.randrange(1, 4)):
        body = text(72, 780, phrase(pick)) + tables.grid(72, 700, [100, 100], [20, 20], [[phrase(pick, 3), ""], ["", phrase(pick, 3)]]) + lines(72, 600, [phrase(pick, 9) for _ in range(pick.randrange(1, 9))])
        raw, entries = encoded(pick, body)
        content = pdf.stream(raw, entries, compress=False)
        number = pdf.page("")
        page = pdf.objects[number - 1].decode("latin-1")
        start = page.index("/Contents ")
        end = page.index(" 0 R", start)
        also = f" {pdf.stream(text(72, 300, phrase(pick)))} 0 R" if pick.random() < 0.3 else ""
        pdf.objects[number - 1] = f"{page[:start]}/Contents [{content} 0 R{also}]{page[end + 4:]}".encode("latin-1")
    return pdf


def odd_tables(pick):
    """Tables whose page, streams or fonts pdfplumber reads in ways of its own."""
    pdf = Pdf()
    for _ in range(pick.randrange(1, 4)):
        table = tables.grid(72, 700, [100, 100, 60], [20, 20, 20], [[phrase(pick, 3), "", "x"], ["", phrase(pick, 3), ""], ["q", "r", phrase(pick, 3)]])
        extra, resources, fonts, size = "", "", {}, (595, 842)
        kind = pick.randrange(26)
        if kind == 0:
            extra = pick.choice(["/CropBox [0 0 0 0]", "/CropBox [50 50]", "/CropBox [400 800 100 500]", "/CropBox [a b c d]", "/CropBox null", "/CropBox [-100 -100 2000 2000]", "/CropBox [1000 1000 1200 1200]"])
        elif kind == 1:
            extra = pick.choice(["/Rotate 45", "/Rotate -90", "/Rotate 450", "/Rotate 90.0", "/Rotate (x)", "/Rotate null"])
        elif kind == 2:
            image = "q 100 0 0 40 100 640 cm BI /W 4 /H 4 /CS /G /BPC 8 ID " + "".join(chr(pick.randrange(33, 127)) for _ in range(16)) + " EI Q\n"
            table = image + table
        elif kind == 3:
            glyph = pdf.stream("500 0 0 0 500 500 d1 0 0 500 500 re f", compress=False)
            fonts["Y"] = pdf.add(f"<</Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] /FontMatrix [{pick.choice(['0.001 0 0 0.001 0 0', '0.01 0 0 0.01 0 0', '1 0 0 1 0 0'])}] /CharProcs <</a {glyph} 0 R /b {glyph} 0 R>> /Encoding <</Type /Encoding /Differences [97 /a /b]>> /FirstChar 97 /LastChar 98 /Widths [500 500] /Resources <<>>>>")
            table += f"BT /Y {pick.choice([10, 1])} Tf 80 690 Td (abab) Tj ET\n"
        elif kind == 4:
            table = table.replace("S\n", pick.choice(["n\n", "F\n", "B*\n", "f*\n", "s\n"]))
        elif kind == 5:
            table = pick.choice(["0 0 m ", "100 100 l ", ") >> ", "<< /A 1 >> ", "[1 2 ", "(unclosed \\( ) Tj ", "/Undefined gs ", "q q q ", "Q Q Q ", "1 0 0 1 cm ", "BT ", "ET "]) + table
        elif kind == 6:
            form = appearance(pdf, table, pick.choice(["0 0 595 842", "72 640 172 700", "0 0 1 1", "595 842 0 0"]), pick.choice(["", "/Matrix [1 0 0 1 0 -50]", "/Matrix [2 0 0 2 0 -600]", "/OC <<>>", "/Matrix [1 0 0]"]))
            table, resources = "q /X Do Q /X Do /Missing Do", f"/XObject <</X {form} 0 R>>"
        elif kind == 7:
            table = pick.choice(["-1 0 0 1 595 0 cm ", "1 0 0.3 1 0 0 cm ", "0 1 1 0 0 0 cm ", "1e-3 0 0 1e-3 0 0 cm ", "0 0 0 0 0 0 cm ", "0.99999 0.00001 -0.00001 0.99999 0 0 cm "]) + table
        elif kind == 8:
            fonts["F"] = pdf.add(pick.choice(["<</Type /Font>>", "null", "<</Type /Font /Subtype /Type1>>", "<</Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Arial>>", "<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H>>", "<</Type /Font /Subtype /Unknown /BaseFont /Helvetica>>", "<</Type /Font /Subtype /MMType1 /BaseFont /Helvetica /FirstChar 0 /Widths [1 2 3]>>", "[1 2]", "<</Type /Font /Subtype /CIDFontType2 /BaseFont /X>>"]))
        elif kind == 9:
            fonts["F"] = pdf.add(f"<</Type /Font /Subtype /TrueType /BaseFont /Arial /FirstChar {pick.choice([0, 32, 40])} /LastChar 126 /Widths [{' '.join(str(pick.choice([0, 300, 556.5, 1000])) for _ in range(90))}] /Encoding {pick.choice(['/MacRomanEncoding', '/WinAnsiEncoding', '/Nonsense', '<</Differences [32 /space /A 65 /a /uni20AC /g12 /u1F600]>>'])}>>")
        elif kind == 10:
            table = f"{pick.choice([3, 7, 2, 1])} Tr " + table
        elif kind == 11:
            extra = pick.choice(["/MediaBox [0 0 0 0]", "/MediaBox [595 842 0 0]", "/MediaBox [0 0 595]", "/MediaBox null", "/MediaBox [0 0 (a) 842]", "/MediaBox [0.5 0.25 595.3 841.9]", "/MediaBox [-300 -300 300 800]"])
        elif kind == 12:
            table = table.replace(" re", pick.choice([" re", " 1 re"])).replace(" l S", pick.choice([" l 72 700 l S", " l h S", " 80 80 90 90 c S", " l l S"]))
        elif kind == 13:
            state = pdf.add(f"<</Type /ExtGState /Font [{pdf.font('Courier')} 0 R 6] /LW 3>>")
            table, resources = "/G gs " + table, f"/ExtGState <</G {state} 0 R>>"
        elif kind == 14:
            off = pdf.add("<</Type /OCG /Name (Off)>>")
            pdf.catalog["OCProperties"] = f"<</OCGs [{off} 0 R] /D <</OFF [{off} 0 R]>>>>"
            table, resources = f"/OC /A BDC {table} EMC", f"/Properties <</A {off} 0 R>>"
        elif kind == 15:
            shading = "/Pattern <</P <</Type /Pattern /PatternType 2 /Shading <</ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1] /Function <</FunctionType 2 /Domain [0 1] /N 1>>>>>>>>"
            table, resources = "/Pattern cs /P scn 72 640 260 60 re f /Pattern CS /P SCN " + table, shading
        elif kind == 16:
            table = table.replace("Td", pick.choice(["Td 3 Ts", "TD", "Td 1 Tc 2 Tw", "Td 200 Tz", "Td 0 Tz"])).replace(" Tj", pick.choice([" Tj", " '", ' 1 2 3 "', " Tj T*"]))
        elif kind == 17:
            table = table.replace(" 9 Tf", pick.choice([" -9 Tf", " 0 Tf", " 40 Tf", " 9. Tf", " +9 Tf", " 9 8 Tf", " --9 Tf", " 9-1 Tf"]))
        elif kind == 18:
            table = table.replace(".0 ", pick.choice([" ", ". ", "e0 ", ".00001 ", "0 "]))
        elif kind == 19:
            name, codes = unicode_font(pdf, "Uni", ["\xa0", " ", "\u200b", "a", "\ufb01", "\u00ad", "\t"])
            fonts["U"] = name
            table += "".join(f"BT /U 9 Tf {76 + 25 * i} 688 Td <{codes[c]}> Tj ET\n" for i, c in enumerate(codes))
        elif kind == 20:
            table += tables.grid(pick.choice([72, 332, 335.5, 333, 200]), pick.choice([640, 636, 638.5, 700, 650]), [50, 50], [20, 20], [["n", "e"], ["a", "r"]])
        elif kind == 21:
            extra = "/Resources null" if pick.random() < 0.5 else "/Resources <<>>"
        elif kind == 22:
            table = table.replace("\n", pick.choice(["\r", "\r\n", "\n%comment (\n", "\0", "\f"]))
        elif kind == 23:
            table += f"/Span <</ActualText (spoken)>> BDC {text(76, 687, 'drawn', 'F', 9)} EMC /Artifact BMC {text(180, 687, 'art', 'F', 9)} EMC"
        elif kind == 24:
            size = pick.choice([(14400, 14400), (10, 10), (595.276, 841.89)])
        pdf.page(text(72, 780, phrase(pick)) + table + text(72, 560, phrase(pick)), fonts=fonts, resources=resources, extra=extra, size=size)
        if kind == 21:
            number = pdf.pages[-1]
            pdf.objects[number - 1] = pdf.objects[number - 1].replace(b"/Resources <<", b"/Old <<", 1)
    return pdf


def pictures(pick):
    """Pages of pictures alone: they go through OCR, so what the filters make of the pixels counts."""
    from io import BytesIO
    from PIL import Image, ImageDraw, ImageFont
    pdf = Pdf()
    for _ in range(1):
        mode = pick.choice(["L", "RGB", "1"])
        picture = Image.new("L", (900, 260), 255)
        draw = ImageDraw.Draw(picture)
        draw.text((30, 40), f"{phrase(pick, 4)} {pick.randrange(1000, 9999)}", fill=0, font=ImageFont.load_default(48))
        draw.text((30, 140), phrase(pick, 5), fill=0, font=ImageFont.load_default(48))
        picture = picture.convert(mode)
        kind = pick.choice(["jpeg", "jpx", "jpx", "ccitt", "flate", "lzw", "runlength", "hex", "cmyk"])
        out = BytesIO()
        space, bits, entries = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "1": "/DeviceGray"}[mode], 1 if mode == "1" else 8, ""
        data = picture.tobytes()
        if kind == "jpeg":
            picture = picture.convert("L" if mode == "1" else mode)
            picture.save(out, "JPEG", quality=90, progressive=pick.random() < 0.5)
            data, bits, entries = out.getvalue(), 8, "/Filter /DCTDecode"
        elif kind == "cmyk":
            picture = picture.convert("CMYK")
            picture.save(out, "JPEG", quality=90)
            data, bits, space, entries = out.getvalue(), 8, "/DeviceCMYK", "/Filter /DCTDecode"
        elif kind == "jpx":
            picture = picture.convert("L" if mode == "1" else mode)
            picture.save(out, "JPEG2000", irreversible=pick.random() < 0.5)
            data, bits, entries = out.getvalue(), 8, "/Filter /JPXDecode"
        elif kind == "ccitt":
            picture.convert("1").save(out, "TIFF", compression="group4")
            tiff = Image.open(BytesIO(out.getvalue()))
            offset, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
            data, bits, space = out.getvalue()[offset:offset + length], 1, "/DeviceGray"
            entries = f"/Filter /CCITTFaxDecode /DecodeParms <</K -1 /Columns 900 /Rows 260 /BlackIs1 {'true' if tiff.tag_v2[262] == 1 else 'false'}>>"
        elif kind == "lzw":
            data, entries = lzw(data), "/Filter /LZWDecode"
        elif kind == "hex":
            data, entries = data.hex().encode() + b">", "/Filter /AHx"
        elif kind == "runlength":
            data, entries = b"".join(bytes([len(data[i:i + 128]) - 1]) + data[i:i + 128] for i in range(0, len(data), 128)) + b"\x80", "/Filter /RunLengthDecode"
        else:
            data, entries = zlib.compress(data), "/Filter /FlateDecode"
        image = pdf.stream(data, f"/Type /XObject /Subtype /Image /Width 900 /Height 260 /ColorSpace {space} /BitsPerComponent {bits} {entries}", compress=False)
        pdf.page("q 432 0 0 124.8 72 600 cm /S Do Q", resources=f"/XObject <</S {image} 0 R>>", extra=turned(pick))
    return pdf


CLASSES = {"annotations": annotations, "fields": fields, "masks": masks, "filters": filters, "tables": odd_tables, "pictures": pictures}


def main():
    folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.makedirs(folder, exist_ok=True)
    for name, make in CLASSES.items():
        # Reading a picture takes half a second on each side.
        for number in range(1, (count if name != "pictures" else max(1, count // 10)) + 1):
            pdf = make(random.Random(f"{name} {seed} {number}"))
            pdf.write(os.path.join(folder, f"{name}-{number:03}.pdf"))


main()
