"""
The PDF functions of the legacy app, without its server, Chroma or model: the definitions are taken from the file's
syntax tree, so that what runs is what stands there.

One request a line on standard input, one answer a line on standard output, both JSON:
    {"call": "clean_text", "args": ["..."]}     any of the functions; a {"file": PATH} argument is that file's bytes
    {"call": "document", "args": [{"file": PATH}]}  its pages, tables and chunks, each read once
    {"call": "code_points"}                     what re calls a word character and whitespace
    {"call": "ocr", "args": [bool]}             switches OCR, which legacy has when Tesseract is installed
"""
import ast
import json
import logging
import os
import re
import shutil
import sys
from io import BytesIO
from types import FunctionType, SimpleNamespace

APP = os.path.join(os.path.dirname(__file__), "..", "..", "..", "legacy", "app.py")
FUNCTIONS = {
    "clean_text", "sanitize_source", "extract_pages", "extract_tables", "split_text", "build_chunks",
}
CONSTANTS = {"MAX_CHUNKS_PER_DOC", "CHUNK_SIZE", "CHUNK_OVERLAP", "OCR_DPI"}


def load():
    import fitz
    import pdfplumber
    import pytesseract
    from PIL import Image

    with open(APP, encoding="utf-8") as f:
        tree = ast.parse(f.read())
    wanted = [
        node for node in tree.body
        if (isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS)
        or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in CONSTANTS)
    ]
    scope = {
        "re": re, "fitz": fitz, "pdfplumber": pdfplumber, "pytesseract": pytesseract, "Image": Image,
        "BytesIO": BytesIO, "OCR_AVAILABLE": shutil.which("tesseract") is not None,
        "app": SimpleNamespace(logger=logging.getLogger("legacy")),
    }
    exec(compile(ast.Module(wanted, []), APP, "exec"), scope)
    missing = (FUNCTIONS | CONSTANTS) - scope.keys()
    if missing:
        raise SystemExit(f"legacy/app.py no longer has {', '.join(sorted(missing))}")
    return scope


def argument(value):
    if isinstance(value, dict):
        with open(value["file"], "rb") as f:
            return f.read()
    return value


def document(scope, pdf_bytes):
    pages, tables = scope["extract_pages"](pdf_bytes), scope["extract_tables"](pdf_bytes)
    # build_chunks looks its readers up when it is called: it gets what they have read.
    once = {**scope, "extract_pages": lambda _: pages, "extract_tables": lambda _: tables}
    build = FunctionType(scope["build_chunks"].__code__, once)
    return {"pages": pages, "tables": tables, "chunks": build(pdf_bytes, "document", "document.pdf")}


def code_points():
    every = [chr(c) for c in range(sys.maxunicode + 1)]
    return {
        "word": [ord(c) for c in every if re.match(r"\w", c)],
        "space": [ord(c) for c in every if re.match(r"\s", c)],
        "isspace": [ord(c) for c in every if c.isspace()],
    }


def main():
    logging.basicConfig(level=logging.CRITICAL)
    scope = load()
    for line in sys.stdin:
        request = json.loads(line)
        call, args = request["call"], request.get("args", [])
        if call == "document":
            result = document(scope, *map(argument, args))
        elif call == "code_points":
            result = code_points()
        elif call == "ocr":
            scope["OCR_AVAILABLE"] = args[0] and shutil.which("tesseract") is not None
            result = scope["OCR_AVAILABLE"]
        else:
            result = scope[call](*map(argument, args))
        print(json.dumps(result), flush=True)


main()
