"""A PDF, written object by object: no dates, no random ids, the same bytes from every run."""
import hashlib
import re
import struct
import zlib


class Pdf:
    def __init__(self):
        self.objects = []
        self.pages = []
        self.fonts = {}
        self.catalog = {}
        self.pages_id = self.add(b"")

    def add(self, body):
        self.objects.append(body if isinstance(body, bytes) else body.encode("latin-1"))
        return len(self.objects)

    def stream(self, data, extra="", compress=True):
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        if compress:
            data = zlib.compress(data, 9)
            extra += " /Filter /FlateDecode"
        return self.add(b"<<%s /Length %d>>\nstream\n%s\nendstream" % (extra.encode("latin-1"), len(data), data))

    def font(self, name):
        """One of the fourteen fonts that every reader has."""
        if name not in self.fonts:
            self.fonts[name] = self.add(
                f"<</Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding>>"
            )
        return self.fonts[name]

    def default_fonts(self):
        return {
            "F": self.font("Helvetica"), "B": self.font("Helvetica-Bold"), "T": self.font("Times-Roman"),
            "I": self.font("Times-Italic"), "C": self.font("Courier"),
        }

    def page(self, contents, size=(595, 842), fonts=None, resources="", extra="", box=None, compress=True):
        fonts = {**self.default_fonts(), **(fonts or {})}
        font_names = " ".join(f"/{name} {number} 0 R" for name, number in fonts.items())
        box = box or (0, 0, *size)
        content = self.stream(contents, compress=compress)
        media = "" if "/MediaBox" in extra else f"/MediaBox [{' '.join(map(str, box))}] "
        number = self.add(
            f"<</Type /Page /Parent {self.pages_id} 0 R {media}"
            f"/Contents {content} 0 R /Resources <</Font <<{font_names}>> {resources}>> {extra}>>"
        )
        self.pages.append(number)
        return number

    def encrypt(self, user):
        """
        Encrypts the streams with 40-bit RC4 and a fixed id (ISO 32000-1, 7.6.2 to 7.6.4): libraries would draw random
        numbers. There must be no strings outside of streams. @returns the trailer's entries
        """
        file_id = bytes(range(16))
        padding = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
        pad = lambda password: (password.encode() + padding)[:32]
        permissions = -4
        owner = rc4(hashlib.md5(pad("owner")).digest()[:5], pad(user))
        key = hashlib.md5(pad(user) + owner + struct.pack("<i", permissions) + file_id).digest()[:5]
        for index, body in enumerate(self.objects):
            found = re.match(rb"(<<.*?>>\nstream\n)(.*)(\nendstream)$", body, re.DOTALL)
            if found:
                salt = struct.pack("<I", index + 1)[:3] + b"\0\0"
                self.objects[index] = found[1] + rc4(hashlib.md5(key + salt).digest()[:10], found[2]) + found[3]
        return (
            f"/Encrypt <</Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{rc4(key, padding).hex()}> /P {permissions}>> "
            f"/ID [<{file_id.hex()}> <{file_id.hex()}>]"
        )

    def write(self, path, trailer=""):
        kids = " ".join(f"{number} 0 R" for number in self.pages)
        self.objects[self.pages_id - 1] = f"<</Type /Pages /Count {len(self.pages)} /Kids [{kids}]>>".encode()
        extra = " ".join(f"/{key} {value}" for key, value in self.catalog.items())
        root = self.add(f"<</Type /Catalog /Pages {self.pages_id} 0 R {extra}>>")
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        for offset in offsets:
            out += b"%010d 00000 n \n" % offset
        out += f"trailer\n<</Size {len(offsets) + 1} /Root {root} 0 R {trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
        with open(path, "wb") as f:
            f.write(out)


def rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def string(text):
    """A literal string in WinAnsi."""
    raw = text.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").decode("latin-1")


def text(x, y, words, font="F", size=11, before=""):
    return f"BT {before} /{font} {size} Tf {x} {y} Td ({string(words)}) Tj ET\n"


def lines(x, y, rows, font="F", size=11, leading=14):
    body = f"BT /{font} {size} Tf {leading} TL {x} {y} Td\n"
    return body + "".join(f"({string(row)}) Tj T*\n" for row in rows) + "ET\n"


def to_unicode(mapping, width=4):
    """A ToUnicode CMap: {code: text}."""
    entries = "\n".join(
        f"<{code:0{width}x}> <{value.encode('utf-16-be').hex()}>" for code, value in sorted(mapping.items())
    )
    top = "f" * width
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <{'0' * width}> <{top}> endcodespacerange\n"
        f"{len(mapping)} beginbfchar\n{entries}\nendbfchar\nendcmap end end\n"
    )


def unicode_font(pdf, name, characters, widths=None):
    """
    A font without a file whose codes 1, 2, … stand for the given texts: extraction sees the texts, whatever glyphs a
    reader would draw. @returns the font's object and {text: hexadecimal code}.
    """
    mapping = {code: value for code, value in enumerate(characters, 1)}
    cmap = pdf.stream(to_unicode(mapping))
    descriptor = pdf.add(
        f"<</Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 900 /Descent -200 /CapHeight 700 /StemV 80>>"
    )
    w = " ".join(f"{code} [{(widths or {}).get(value, 500)}]" for code, value in mapping.items())
    cid = pdf.add(
        f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo <</Registry (Adobe) /Ordering "
        f"(Identity) /Supplement 0>> /DW 500 /W [{w}] /FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity>>"
    )
    font = pdf.add(
        f"<</Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{cid} 0 R] "
        f"/ToUnicode {cmap} 0 R>>"
    )
    return font, {value: f"{code:04x}" for code, value in mapping.items()}


def coded(x, y, codes, words, font="U", size=14):
    """Shows a text of a `unicode_font`, code by code."""
    return f"BT /{font} {size} Tf {x} {y} Td <{''.join(codes[c] for c in words)}> Tj ET\n"
