"""
Pages of random strokes, boxes and words, for comparing table finders: a seed gives the same file on every machine.

    python generate.py FILE SEED PAGES
"""
import random
import sys

from pdf import Pdf, string, unicode_font


def page(pick, codes):
    body = ""
    for _ in range(pick.randrange(1, 4)):
        body += block(pick, codes)
    return body


def block(pick, codes):
    xs, ys = [pick.uniform(20, 300)], [pick.uniform(400, 800)]
    for _ in range(pick.randrange(1, 7)):
        xs.append(xs[-1] + pick.choice([2, 5, 20, 40, 60.5, 33.333]))
    for _ in range(pick.randrange(1, 8)):
        ys.append(ys[-1] - pick.choice([2, 4, 12, 18, 25.4]))
    xs, ys = ([round(v, pick.choice([0, 1, 2, 4])) for v in values] for values in (xs, ys))
    jitter = pick.choice([0, 0, 0.2, 1.5, 3, 4])
    near = lambda v: round(v + pick.uniform(-jitter, jitter), 3)
    body = "q " + pick.choice(["", "1 0 0 1 3.7 -2.2 cm ", "1.1 0 0 0.9 -10 5 cm ", "0 1 -1 0 700 20 cm ", "1 0 0 -1 0 900 cm "])
    style = pick.choice(["lines", "lines", "boxes", "fills", "thin", "path", "mixed"])
    for index, y in enumerate(ys):
        if pick.random() < 0.9 and style in ("lines", "mixed"):
            body += f"{near(xs[0])} {near(y)} m {near(xs[-1])} {y if pick.random() < 0.8 else near(y)} l {pick.choice(['S', 's', 'S', 'n'])}\n"
        if style == "thin":
            body += f"{near(xs[0])} {near(y)} {round(xs[-1] - xs[0], 3)} {pick.choice([0.5, 1, -0.5, 3])} re f\n"
    for x in xs:
        if pick.random() < 0.9 and style in ("lines", "mixed"):
            body += f"{near(x)} {near(ys[0])} m {x if pick.random() < 0.8 else near(x)} {near(ys[-1])} l S\n"
        if style == "thin":
            body += f"{near(x)} {near(ys[-1])} {pick.choice([0.5, 1, 2])} {round(ys[0] - ys[-1], 3)} re f\n"
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            x, y, width, height = xs[column], ys[row + 1], round(xs[column + 1] - xs[column], 3), round(ys[row] - ys[row + 1], 3)
            if style in ("boxes", "mixed") and pick.random() < 0.8:
                body += f"{near(x)} {near(y)} {width} {height} re {pick.choice(['S', 'B', 'f', 'b*', 'S', 'W n', 'F'])}\n"
            if style == "fills":
                body += f"{pick.random():.2f} g {x} {y} {width} {height} re f 0 g\n"
            if style == "path" and pick.random() < 0.9:
                end = pick.choice(["h S", "s", f"{x} {y} l S", f"{x} {y} l h f", "S", f"{x + 3} {y + 3} {x} {y} {x} {y} c S", f"{x} {y} {x} {y} v B"])
                body += f"{x} {y} m {x + width} {y} l {x + width} {y + height} l {x} {y + height} l {end}\n"
            if pick.random() < 0.8:
                body += words(pick, codes, x + pick.uniform(-3, 6), y + pick.uniform(-2, 8))
    return body + "Q\n"


def words(pick, codes, x, y):
    font, size = pick.choice("FBTIC"), pick.choice([4, 7, 9, 10.5, 12, 24])
    said = "".join(pick.choice("abc WIM.,1 \xe9\x80("[:-1].replace("\x80", "\u20ac") + "fi-") for _ in range(pick.randrange(1, 9)))
    before = pick.choice(["", "", "", "1 Tc ", "5 Tw ", "70 Tz ", "3 Ts ", "-2 Ts ", "4 Tc 120 Tz ", "12 TL "])
    place = pick.choice([f"{x:.2f} {y:.2f} Td"] * 5 + [f"0 1 -1 0 {x:.2f} {y:.2f} Tm", f"0.9 0.1 -0.1 0.9 {x:.2f} {y:.2f} Tm", f"1 0 0.2 1 {x:.2f} {y:.2f} Tm", f"-1 0 0 1 {x:.2f} {y:.2f} Tm"])
    if pick.random() < 0.2:
        shown = "<" + "".join(codes[pick.choice(list(codes))] for _ in range(pick.randrange(1, 6))) + "> Tj"
        font = "U"
    elif pick.random() < 0.3:
        shown = f"[({string(said)}) {pick.choice([-250, -3000, 120, 700])} ({string(said[::-1])})] TJ"
    else:
        shown = f"({string(said)}) {pick.choice(['Tj', 'Tj', 'Tj T* (next) Tj', chr(39), 'Tj 2 -9 TD (under) Tj T* (again) Tj'])}"
    return f"BT {before}/{font} {size} Tf {place} {shown} ET\n"


def main():
    path, seed, pages = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pick = random.Random(seed)
    pdf = Pdf()
    font, codes = unicode_font(pdf, "Gen", ["\ufb03", "\u05d0", "\u4f60", "e", "\u0301", " ", "\U0001f600", "ab"], {"\u4f60": 1000, " ": 250, "\u0301": 0})
    for _ in range(pages):
        extra = pick.choice(["", "", "", "/Rotate 90", "/Rotate 180", "/Rotate 270", "/CropBox [50 50 400 700]"])
        box = pick.choice([(0, 0, 595, 842)] * 3 + [(-20, 30, 575, 872), (0, 0, 612.283, 841.89)])
        pdf.page(page(pick, codes), fonts={"U": font}, extra=extra, box=box)
    pdf.write(path)


main()
