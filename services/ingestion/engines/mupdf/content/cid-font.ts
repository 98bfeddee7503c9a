/** Composite fonts (ISO 32000-1, 9.7). */
import type { PDFObject } from 'mupdf';
import { at, entries, name, number, numbers } from './dictionary.ts';
import { descentOf, type PdfFont } from './font.ts';
import { predefinedDecoder } from './predefined-cmaps.ts';
import { decodedStream } from './streams.ts';
import { readToUnicode, type UnicodeMap } from './to-unicode.ts';
import { trueTypeCharacters } from './true-type.ts';

const identity: Readonly<Record<string, 'two' | 'one'>> = {
  'Identity-H': 'two',
  'Identity-V': 'two',
  'DLIdent-H': 'two',
  'DLIdent-V': 'two',
  OneByteIdentityH: 'one',
  OneByteIdentityV: 'one',
};

export function cidFont(
  spec: PDFObject,
  encoding: PDFObject | undefined,
  toUnicode: PDFObject | undefined,
): PdfFont {
  const cmap = name(encoding?.isName() ? encoding : at(encoding, 'CMapName')) ?? 'unknown';
  const vertical = cmap.endsWith('V');
  const descriptor = at(spec, 'FontDescriptor');
  const decoder = predefinedDecoder(cmap);
  const texts = unicodeMap(spec, cmap, toUnicode, descriptor);
  return {
    vertical,
    multibyte: true,
    descent: descentOf(descriptor) * 0.001,
    decode: identity[cmap]
      ? identity[cmap] === 'one'
        ? (bytes) => bytes
        : twoByteCodes
      : (decoder ?? (() => [])),
    text: (code) =>
      texts === 'identity' || (!texts && decoder)
        ? String.fromCodePoint(code)
        : (texts?.get(code) ?? `(cid:${code})`),
    ...(vertical ? verticalMetrics(spec) : horizontalMetrics(spec)),
  };
}

function* twoByteCodes(bytes: Uint8Array): Iterable<number> {
  for (let at = 0; at + 1 < bytes.length; at += 2) yield ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function unicodeMap(
  spec: PDFObject,
  cmap: string,
  toUnicode: PDFObject | undefined,
  descriptor: PDFObject | undefined,
): UnicodeMap | 'identity' | undefined {
  if (toUnicode?.isStream()) return readToUnicode(decodedStream(toUnicode));
  const system = at(spec, 'CIDSystemInfo');
  const [registry, ordering] = ['Registry', 'Ordering'].map((key) => {
    const value = at(system, key);
    return value?.isString() ? value.asString() : 'unknown';
  });
  if (toUnicode?.isName())
    return [ordering, toUnicode.asName(), cmap].some((text) => text?.includes('Identity'))
      ? 'identity'
      : undefined;
  const program = at(descriptor, 'FontFile2');
  if (registry !== 'Adobe' || !['Identity', 'UCS'].includes(ordering ?? '') || !program?.isStream())
    return undefined;
  return trueTypeCharacters(decodedStream(program));
}

function horizontalMetrics(spec: PDFObject): Pick<PdfFont, 'width' | 'displacement'> {
  const widths = new Map<number, number>();
  let pending: number[] = [];
  entries(at(spec, 'W'), (value) => {
    if (value.isArray()) {
      const first = pending.at(-1);
      if (first !== undefined)
        entries(value, (width, index) => {
          widths.set(first + Number(index), number(width) ?? 0);
        });
      pending = [];
    } else if (value.isNumber()) pending.push(value.asNumber());
    const [from, to, width] = pending;
    if (from === undefined || to === undefined || width === undefined) return;
    for (let code = from; code <= Math.min(to, 0xffff); code++) widths.set(code, width);
    pending = [];
  });
  const other = number(at(spec, 'DW')) ?? 1000;
  return { width: (code) => (widths.get(code) ?? other) * 0.001, displacement: () => ({ x: 0, y: 0 }) };
}

function verticalMetrics(spec: PDFObject): Pick<PdfFont, 'width' | 'displacement'> {
  const found = new Map<number, [width: number, x: number, y: number]>();
  let pending: number[] = [];
  entries(at(spec, 'W2'), (value) => {
    if (value.isArray()) {
      const [first, all] = [pending.at(-1), numbers(value) ?? []];
      if (first !== undefined)
        for (let i = 0; i + 2 < all.length; i += 3)
          found.set(first + i / 3, [all[i] ?? 0, all[i + 1] ?? 0, all[i + 2] ?? 0]);
      pending = [];
    } else if (value.isNumber()) pending.push(value.asNumber());
    if (pending.length < 5) return;
    const [from = 0, to = 0, width = 0, x = 0, y = 0] = pending;
    for (let code = from; code <= Math.min(to, 0xffff); code++) found.set(code, [width, x, y]);
    pending = [];
  });
  const [y = 880, width = -1000] = numbers(at(spec, 'DW2')) ?? [];
  return {
    width: (code) => (found.get(code)?.[0] ?? width) * 0.001,
    displacement: (code) => {
      const own = found.get(code);
      return own ? { x: own[1], y: own[2] } : { x: undefined, y };
    },
  };
}
