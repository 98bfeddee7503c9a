"""
Writes what PDF readers have to know by heart: the characters that glyph names stand for, the four encodings of simple
fonts, and the widths of the fourteen fonts that need not be embedded. Taken from pdfminer.six, which the legacy app reads
tables with; Adobe's licences are in README.md.

    python make.py
"""
import json
import os

from pdfminer.encodingdb import EncodingDB
from pdfminer.fontmetrics import FONT_METRICS
from pdfminer.glyphlist import glyphname2unicode

here = os.path.dirname(os.path.abspath(__file__))


def write(name, value):
    with open(os.path.join(here, name), "w", encoding="ascii") as f:
        json.dump(value, f, separators=(",", ":"), sort_keys=True)
        f.write("\n")


write("glyph-names.json", glyphname2unicode)
write("encodings.json", EncodingDB.encodings)
distinct, fonts = [], {}
for name, (descriptor, widths) in FONT_METRICS.items():
    metrics = {"descent": descriptor.get("Descent", 0), "widths": widths}
    if metrics not in distinct:
        distinct.append(metrics)
    fonts[name] = distinct.index(metrics)
write("standard-fonts.json", {"fonts": fonts, "metrics": distinct})
