"""Writes the PDFs that need a PDF library to standard output. usage: make_pdf.py encrypted|scan"""

import sys

import fitz

kind = sys.argv[1]
doc = fitz.open()
page = doc.new_page(width=400, height=120)
page.insert_text((20, 60), "The scanned walrus", fontsize=32)
if kind == "encrypted":
    data = doc.tobytes(encryption=fitz.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="secret")
elif kind == "scan":
    picture = page.get_pixmap(dpi=150, colorspace=fitz.csGRAY)
    scan = fitz.open()
    scan.new_page(width=400, height=120).insert_image(page.rect, pixmap=picture)
    data = scan.tobytes(deflate=True)
else:
    sys.exit(__doc__)
sys.stdout.buffer.write(data)
