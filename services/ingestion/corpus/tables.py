"""Pages with tables, drawn in the ways that producers draw them."""
from pdf import Pdf, coded, string, text, unicode_font


def line(x0, y0, x1, y1, width=0.5):
    return f"{width} w {x0} {y0} m {x1} {y1} l S\n"


def edges(start, sizes, direction=1):
    out = [start]
    for size in sizes:
        out.append(round(out[-1] + direction * size, 3))
    return out


def cell_texts(xs, ys, rows, size=9):
    body = ""
    for row, cells in enumerate(rows):
        for column, words in enumerate(cells):
            for number, part in enumerate(words.split("\n")):
                body += text(xs[column] + 4, round(ys[row] - 13 - 10 * number, 3), part, "F", size)
    return body


def grid(x, y, widths, heights, rows):
    """A full grid of strokes, from its upper left corner."""
    xs, ys = edges(x, widths), edges(y, heights, -1)
    body = "".join(line(xs[0], b, xs[-1], b) for b in ys) + "".join(line(a, ys[0], a, ys[-1]) for a in xs)
    return body + cell_texts(xs, ys, rows)


ROWS = [["Region", "Q1", "Q2", "Change %"], ["North", "1,200", "1,350", "+12.5"], ["South & East", "980", "", "-3"], ["West (new)", "15", "40", "n/a"]]
WIDTHS = [120, 70, 70, 80]
HEIGHTS = [20, 20, 20, 20]


def ruled():
    pdf = Pdf()
    pdf.page(text(72, 790, "One table of strokes", "B", 14) + grid(72, 740, WIDTHS, HEIGHTS, ROWS) + text(72, 600, "Text below it."))
    pdf.page(
        text(72, 790, "Two above each other, one beside", "B", 14) + grid(72, 740, WIDTHS, HEIGHTS, ROWS)
        + grid(72, 600, [80, 80], [20, 20], [["a", "b"], ["c", "d"]]) + grid(300, 600, [80, 80], [20, 20], [["e", "f"], ["g", "h"]])
        + grid(72, 500, [80, 80, 80], [20], [["one", "row", "only"]]) + grid(72, 450, [200], [20, 20, 20], [["one"], ["column"], ["only"]])
        + grid(72, 350, [200], [40], [["a box"]])
    )
    tall = [[f"{row}/{column}" for column in range(8)] for row in range(40)]
    pdf.page(grid(40, 820, [64] * 8, [18] * 40, tall))
    pdf.page(
        grid(72, 740, [150, 150, 100], [50, 34, 20], [
            ["A cell of\nthree short\nlines", "two\nlines", "one"], ["", "words that run over the edge of their own cell", "x"],
            ["  blanks  ", "double  blank", "a | b"],
        ])
    )
    return pdf


def drawn():
    """The same table in other strokes: rectangles, fills, thin fills, polylines, curves."""
    pdf = Pdf()
    xs, ys = edges(72, WIDTHS), edges(740, HEIGHTS, -1)
    texts = cell_texts(xs, ys, ROWS)
    cells = [(xs[c], ys[r + 1], WIDTHS[c], HEIGHTS[r]) for r in range(4) for c in range(4)]

    def boxes(operator, inset=0.0, colour=""):
        return colour + "".join(f"{x + inset} {y + inset} {w - 2 * inset} {h - 2 * inset} re {operator}\n" for x, y, w, h in cells)

    pdf.page(boxes("S") + texts)
    pdf.page(boxes("f", 0, "0.9 g ") + "0 g " + texts)
    pdf.page(boxes("B", 1, "0.9 g ") + "0 g " + texts)
    pdf.page("".join(f"{xs[0]} {y - 0.25} {xs[-1] - xs[0]} 0.5 re f\n" for y in ys) + "".join(f"{x - 0.25} {ys[-1]} 0.5 {ys[0] - ys[-1]} re f\n" for x in xs) + texts)
    pdf.page("".join(f"{x} {y} m {x + w} {y} l {x + w} {y + h} l {x} {y + h} l h S\n" for x, y, w, h in cells) + texts)
    pdf.page("".join(f"{x} {y} m {x + w} {y} l {x + w} {y + h} l {x} {y + h} l s\n" for x, y, w, h in cells) + texts)
    pdf.page("".join(f"{x} {y} m {x + w} {y} l {x + w} {y + h} l S\n" for x, y, w, h in cells) + texts)
    rounded = "".join(
        f"{x + 4} {y} m {x + w - 4} {y} l {x + w} {y} {x + w} {y} {x + w} {y + 4} c {x + w} {y + h - 4} l {x + w} {y + h} {x + w} {y + h} {x + w - 4} {y + h} c "
        f"{x + 4} {y + h} l {x} {y + h} {x} {y + h} {x} {y + h - 4} c {x} {y + 4} l {x} {y} {x} {y} {x + 4} {y} c h S\n" for x, y, w, h in cells
    )
    pdf.page(rounded + texts)
    one = "".join(f"{xs[0]} {y} m {xs[-1]} {y} l\n" for y in ys) + "".join(f"{x} {ys[0]} m {x} {ys[-1]} l\n" for x in xs) + "S\n"
    pdf.page("[3 2] 0 d " + one + "[] 0 d " + texts)
    pdf.page("".join(f"{x} {y} {w} {h} re\n" for x, y, w, h in cells) + "S\n" + texts)
    pdf.page("".join(f"{x} {y} {w} {h} re\n" for x, y, w, h in cells) + "W n\n" + texts)
    pdf.page("".join(f"{x} {y} {w} {h} re n\n" for x, y, w, h in cells) + texts)
    return pdf


def odd():
    """Gaps, double strokes, strokes that nearly meet, merged cells, boxes in boxes, slanted strokes."""
    pdf = Pdf()
    xs, ys = edges(72, WIDTHS), edges(740, HEIGHTS, -1)
    texts = cell_texts(xs, ys, ROWS)
    horizontal = "".join(line(xs[0], y, xs[-1], y) for y in ys)
    vertical = "".join(line(x, ys[0], x, ys[-1]) for x in xs)
    pdf.page("".join(line(xs[0], y + d, xs[-1], y + d) for y in ys for d in (0, 1.5)) + "".join(line(x + d, ys[0], x + d, ys[-1]) for x in xs for d in (0, 2)) + texts)
    pdf.page("".join(line(xs[0] + 2.5, y, xs[-1] - 2.5, y) for y in ys) + vertical + texts)
    pdf.page("".join(line(xs[0] + 3.5, y, xs[-1] - 3.5, y) for y in ys) + vertical + texts)
    pdf.page("".join(line(x, ys[r] , x, ys[r + 1] + 2.5) for x in xs for r in range(4)) + horizontal + texts)
    pdf.page("".join(line(x, ys[r] - 2, x, ys[r + 1] + 2) for x in xs for r in range(4)) + horizontal + texts)
    pdf.page(horizontal + "".join(line(x, ys[0] if x in (xs[0], xs[-1]) else ys[1], x, ys[-1]) for x in xs) + texts)
    pdf.page(vertical + "".join(line(xs[0] if y in (ys[0], ys[-1]) else xs[1], y, xs[-1], y) for y in ys) + texts)
    pdf.page(horizontal + texts)
    pdf.page(vertical + texts)
    pdf.page(horizontal + "".join(line(x, ys[0], x, ys[-1]) for x in xs[1:-1]) + texts)
    pdf.page(grid(72, 740, [100, 200], [30, 120], [["out", "side"], ["x", ""]]) + grid(190, 700, [60, 60], [20, 20], [["in", "side"], ["1", "2"]]))
    pdf.page(line(xs[0], ys[0], xs[-1], ys[0] + 0.3) + line(xs[0], ys[0], xs[0] + 0.3, ys[-1]) + horizontal + vertical + texts)
    pdf.page("".join(f"{xs[0]} {y} m {xs[-1]} {y + 0.0004} l S\n" for y in ys) + vertical + texts)
    dotted = "".join(line(round(xs[0] + 4 * i, 2), y, round(xs[0] + 4 * i + 2, 2), y) for y in ys for i in range(85))
    pdf.page(dotted + vertical + texts)
    dots = "".join(f"{round(xs[0] + 2 * i, 2)} {y} 1 0.5 re f\n" for y in ys for i in range(170))
    pdf.page(dots + vertical + texts)
    pdf.page("".join(line(xs[0], round(y + 0.37 * i, 2), xs[-1], round(y + 0.37 * i, 2)) for i, y in enumerate(ys)) + vertical + texts)
    return pdf


def unruled():
    pdf = Pdf()
    xs, ys = edges(72, WIDTHS), edges(740, HEIGHTS, -1)
    pdf.page(text(72, 790, "Columns by blanks alone", "B", 14) + cell_texts(xs, ys, ROWS))
    pdf.page(text(72, 790, "Rules above and below only", "B", 14) + line(xs[0], ys[0], xs[-1], ys[0], 1) + line(xs[0], ys[1], xs[-1], ys[1]) + line(xs[0], ys[-1], xs[-1], ys[-1], 1) + cell_texts(xs, ys, ROWS))
    pdf.page(text(72, 700, "Underlined") + line(72, 698, 130, 698) + text(72, 660, "A chart:") + "".join(f"0.{i} g {100 + 30 * i} 400 20 {40 + 25 * i} re f\n" for i in range(1, 8)) + "0 g " + line(90, 400, 350, 400) + line(90, 400, 90, 620))
    return pdf


def placed():
    """The same table where its coordinates are not the page's."""
    pdf = Pdf()
    table = grid(0, 100, WIDTHS, HEIGHTS, ROWS)
    pdf.page(f"q 1 0 0 1 72 600 cm {table} Q")
    pdf.page(f"q 1.37 0 0 0.81 33.3 612.7 cm {table} Q")
    pdf.page(f"q 0 1 -1 0 300 100 cm {table} Q")
    pdf.page(f"q 0.98 0.17 -0.17 0.98 100 300 cm {table} Q")
    pdf.page(f"q 1 0 0 -1 72 700 cm {table} Q")
    pdf.page(f"q 1 0 0 1 72 600 cm {table} Q", box=(-50, 100, 545, 942))
    pdf.page(f"q 1 0 0 1 72 600 cm {table} Q", extra="/CropBox [100 550 400 800]")
    form = pdf.stream(table, f"/Type /XObject /Subtype /Form /BBox [-5 -5 400 120] /Matrix [1 0 0 1 10 10] /Resources <</Font <</F {pdf.font('Helvetica')} 0 R>>>>")
    pdf.page("q 1 0 0 1 72 600 cm /X Do Q q 0.5 0 0 0.5 72 300 cm /X Do Q", resources=f"/XObject <</X {form} 0 R>>")
    pdf.page(f"q 72 640 150 60 re W n 1 0 0 1 72 600 cm {table} Q")
    pdf.page(f"q 1 0 0 1 400 600 cm {table} Q")
    pdf.page(f"q 1 0 0 1 72 600 cm {table} Q", extra="/UserUnit 2")
    return pdf


def cells():
    """Text that does not sit well in its cell."""
    pdf = Pdf()
    frame = lambda: grid(72, 740, [140, 140, 140], [40, 40, 40], [])
    pdf.page(
        frame() + text(76, 725, "spaced", before="6 Tc") + text(216, 725, "wide words", before="12 Tw") + text(356, 725, "narrow", before="50 Tz")
        + text(76, 685, "stretched", before="180 Tz") + "BT /F 10 Tf 216 685 Td (x) Tj 4 Ts /F 6 Tf (2) Tj 0 Ts /F 10 Tf ( + y) Tj -2 Ts /F 6 Tf (i) Tj ET\n"
        + "BT /F 9 Tf 356 685 Td [(k)120(er)-150(n)-700(e)-2000(d)] TJ ET\n" + text(76, 645, "Times", "T", 10) + text(130, 646.5, "Bold", "B", 10)
        + text(216, 655, "small", "C", 5) + text(216, 648, "smaller", "C", 4) + text(356, 640, "BIG", "B", 22)
    )
    pdf.page(
        frame() + "BT /F 9 Tf 0 1 -1 0 90 702 Tm (upward) Tj ET\n" + "BT /F 9 Tf 0 -1 1 0 230 735 Tm (down) Tj ET\n"
        + "BT /F 9 Tf -1 0 0 -1 420 720 Tm (turned) Tj ET\n" + "BT /F 9 Tf 0.9 0.3 -0.3 0.9 80 670 Tm (slant) Tj ET\n"
        + text(218, 685, "invisible", before="3 Tr") + text(358, 685, "outlined", before="1 Tr") + text(78, 645, "Twice", "B", 10) + text(78.4, 645, "Twice", "B", 10)
        + text(200, 645, "over the line") + text(358, 645, "caf\xe9 \u2013 \u20ac5 \u2022 \u201cq\u201d", "T", 10)
    )
    pdf.page(
        frame() + text(79, 725, "last word first") + text(76, 712, "b") + text(96, 712, "c") + text(86, 712, "a")
        + "BT /F 9 Tf 216 725 Td (right) Tj -30 0 Td (left) Tj ET\n" + text(360, 725, "one") + text(377.5, 725, "two") + text(397, 725, "three")
        + text(76, 690, "up 2") + text(100, 688, "down 2") + text(130, 684.5, "down 5.5") + text(216, 690, "a") + text(216, 686.8, "b") + text(222, 683.6, "c") + text(228, 680.4, "d")
    )
    return pdf


def scripts():
    """Ligatures, right-to-left, CJK, marks and other fonts in cells."""
    pdf = Pdf()
    characters = ["\ufb01", "\ufb03", "ffi", "\u05d0", "\u05d1", "\u05d2", "\u0627", "\u0628", "e", "\u0301", "\u4f60", "\u597d", "\U0001d400", "\U0001f600", " ", "\xa0", "\u200b", "a", "b", "1", "\xad", "-"]
    font, codes = unicode_font(pdf, "Cells", characters)
    say = lambda x, y, words: coded(x, y, codes, words, "U", 10)
    pdf.page(
        grid(72, 740, [140, 140, 140], [30, 30, 30], [])
        + say(76, 722, ["a", "\ufb01", "\ufb03", "ffi", "b"]) + say(216, 722, ["\u05d2", "\u05d1", "\u05d0", " ", "a", "b"]) + say(356, 722, ["\u0628", "\u0627", " ", "1"])
        + say(76, 692, ["e", "\u0301", "a", "\u200b", "b"]) + say(216, 692, ["\u4f60", "\u597d"]) + say(356, 692, ["\U0001d400", "\U0001f600", "a"])
        + say(76, 662, ["a", "\xa0", "b", "\xad", "a"]) + say(216, 662, ["a", "-", "b", " ", " ", "a"]) + say(356, 662, [" "]),
        fonts={"U": font},
    )
    names = ["Helvetica", "Helvetica-BoldOblique", "Times-Bold", "Times-Italic", "Courier", "Courier-BoldOblique", "Symbol", "ZapfDingbats"]
    fonts = {}
    for number, name in enumerate(names):
        encoding = "" if name in ("Symbol", "ZapfDingbats") else "/Encoding /WinAnsiEncoding"
        fonts[f"N{number}"] = pdf.add(f"<</Type /Font /Subtype /Type1 /BaseFont /{name} {encoding}>>")
    body = grid(72, 740, [200, 200], [25] * 8, [])
    for number, name in enumerate(names):
        body += text(76, 724 - 25 * number, name, f"N{number}", 11) + text(276, 724 - 25 * number, "abc 123", f"N{number}", 11)
    pdf.page(body, fonts=fonts)
    # Widths that the file gives are not those of the font that stands in.
    widths = " ".join(["900"] * 95)
    wide = pdf.add(
        f"<</Type /Font /Subtype /TrueType /BaseFont /Unknown /FirstChar 32 /LastChar 126 /Widths [{widths}] /Encoding /WinAnsiEncoding /FontDescriptor "
        "<</Type /FontDescriptor /FontName /Unknown /Flags 32 /FontBBox [0 -300 1000 1000] /Ascent 1000 /Descent -300 /ItalicAngle 0 /CapHeight 700 /StemV 80 /MissingWidth 900>>>>"
    )
    pdf.page(
        grid(72, 740, [140, 140, 140], [25] * 2, []) + text(76, 724, "wide", "W", 10) + text(216, 724, "wide too", "W", 10) + text(76, 699, "a", "W", 10),
        fonts={"W": wide},
    )
    return pdf
