/** Fonts as pdfminer sees them: what codes stand for, and the room that their glyphs take. */
import type { PDFObject } from 'mupdf';
import { cidFont } from './cid-font.ts';
import { at, entries, name, number, numbers } from './dictionary.ts';
import { baseEncoding, glyphText } from './encodings.ts';
import { descentOf, type PdfFont } from './font.ts';
import { standardFont } from './standard-fonts.ts';
import { decodedStream } from './streams.ts';
import { readToUnicode } from './to-unicode.ts';

/** @param spec the font's dictionary; null for a font that the page does not have */
export function readFont(spec: PDFObject | null): PdfFont {
  const subtype = spec ? (name(at(spec, 'Subtype')) ?? 'Type1') : 'Type1';
  if (spec && subtype === 'Type0') {
    const descendant = at(spec, 'DescendantFonts', 0);
    if (!descendant) throw new Error('a composite font has no descendant');
    return cidFont(descendant, at(spec, 'Encoding'), at(spec, 'ToUnicode'));
  }
  if (spec && subtype.startsWith('CIDFont'))
    return cidFont(spec, at(spec, 'Encoding'), at(spec, 'ToUnicode'));
  return subtype === 'Type3' && spec ? type3Font(spec) : simpleFont(spec);
}

function simpleFont(spec: PDFObject | null): PdfFont {
  const standard = standardFont(spec ? (name(at(spec, 'BaseFont')) ?? 'unknown') : 'unknown');
  const texts = codeTexts(spec);
  if (standard) {
    const width = (code: number) => (standard.widths[texts(code) ?? ''] ?? 0) * 0.001;
    return { ...horizontal(texts), descent: standard.descent * 0.001, width };
  }
  const descriptor = at(spec, 'FontDescriptor');
  const widths = codeWidths(spec);
  const missing = number(at(descriptor, 'MissingWidth')) ?? 0;
  return {
    ...horizontal(texts),
    descent: descentOf(descriptor) * 0.001,
    width: (code) => (widths.get(code) ?? missing) * 0.001,
  };
}

function type3Font(spec: PDFObject): PdfFont {
  const [a = 0.001, b = 0, c = 0, d = 0.001] = numbers(at(spec, 'FontMatrix')) ?? [];
  const described = at(spec, 'FontDescriptor');
  const box = numbers(at(described ?? spec, 'FontBBox'));
  const widths = codeWidths(spec);
  const missing = number(at(described, 'MissingWidth')) ?? 0;
  return {
    ...horizontal(codeTexts(spec)),
    descent: (box?.length === 4 ? (box[1] ?? 0) : 0) * (b + d),
    width: (code) => (widths.get(code) ?? missing) * (a + c),
  };
}

function horizontal(texts: (code: number) => string | undefined): Omit<PdfFont, 'descent' | 'width'> {
  return {
    vertical: false,
    multibyte: false,
    decode: (bytes) => bytes,
    displacement: () => ({ x: 0, y: 0 }),
    text: (code) => texts(code) ?? `(cid:${code})`,
  };
}

function codeWidths(spec: PDFObject | null): Map<number, number> {
  const given = at(spec, 'Widths');
  if (!spec || !given?.isArray()) return new Map(Array.from({ length: 256 }, (_, code) => [code, 0]));
  const first = number(at(spec, 'FirstChar')) ?? 0;
  const widths = new Map<number, number>();
  entries(given, (value, index) => {
    const width = number(value);
    if (width !== undefined) widths.set(first + Number(index), width);
  });
  return widths;
}

function codeTexts(spec: PDFObject | null): (code: number) => string | undefined {
  const encoding = spec ? encodingOf(spec) : baseEncoding(undefined);
  const stream = at(spec, 'ToUnicode');
  const map = stream?.isStream() ? readToUnicode(decodedStream(stream)) : undefined;
  return (code) => map?.get(code) ?? encoding.get(code);
}

function encodingOf(spec: PDFObject): Map<number, string> {
  const given = at(spec, 'Encoding');
  if (!given) return programEncoding(spec) ?? baseEncoding(undefined);
  if (!given.isDictionary()) return baseEncoding(name(given));
  const encoding = baseEncoding(name(at(given, 'BaseEncoding')));
  let code = 0;
  entries(at(given, 'Differences'), (value) => {
    if (value.isNumber()) code = value.asNumber();
    else if (value.isName()) {
      const text = glyphText(value.asName());
      if (text !== undefined) encoding.set(code, text);
      code++;
    }
  });
  return encoding;
}

/** The encoding that an embedded Type 1 program has in its clear text. */
function programEncoding(spec: PDFObject): Map<number, string> | undefined {
  if (standardFont(name(at(spec, 'BaseFont')) ?? '')) return undefined;
  const program = at(spec, 'FontDescriptor', 'FontFile');
  if (!program?.isStream()) return undefined;
  const clear = new TextDecoder('latin1').decode(
    decodedStream(program).subarray(0, number(at(program, 'Length1')) ?? 0),
  );
  const encoding = new Map<number, string>();
  for (const [, code, glyph] of clear.matchAll(/(\d+)\s*\/([^\s/]+)\s+put\b/g)) {
    const text = glyphText(glyph ?? '');
    if (text !== undefined) encoding.set(Number(code), text);
  }
  return encoding;
}
