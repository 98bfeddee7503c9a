/** A page's characters and strokes in pdfplumber's coordinates. */
import type { PDFObject, PDFPage } from 'mupdf';
import type { PageObjects } from '../../../tables/objects.ts';
import { Canvas } from './canvas.ts';
import { at } from './dictionary.ts';
import type { PdfFont } from './font.ts';
import { readFont } from './fonts.ts';
import { frameOf } from './frame.ts';
import { interpret } from './interpreter.ts';
import type { Matrix } from './matrix.ts';
import { decodedStream } from './streams.ts';

/** Keeps the fonts of one document. */
export class FontCache {
  readonly #fonts = new Map<number, PdfFont>();

  /** @param spec null: a font that the page does not have */
  font(spec: PDFObject | null): PdfFont {
    const key = spec?.isIndirect() ? spec.asIndirect() : 0;
    const known = key ? this.#fonts.get(key) : undefined;
    if (known) return known;
    const font = readFont(spec);
    if (key) this.#fonts.set(key, font);
    return font;
  }
}

/** @throws Error where pdfplumber gives up: a page without a usable box, a font that pdfminer cannot read */
export function pageObjects(page: PDFPage, fonts: FontCache): PageObjects {
  const object = page.getObject();
  const { box, boxOfContent, rotation, rotationOfBoxes } = frameOf(object);
  const [x0, y0, x1, y1] = box;
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)];
  // pdfplumber swaps the axes of a page that lies on its side, and then turns the box upside down.
  const sideways = rotationOfBoxes === 90 || rotationOfBoxes === 270;
  const [plumbX, plumbLow, plumbHigh] = sideways ? [low, left, right] : [left, low, high];
  const height = plumbHigh - plumbLow;
  const top = height - plumbHigh;
  const canvas = new Canvas({ left: plumbX, top, height: height - plumbLow - top });
  interpret(
    {
      bytes: contents(at(object, 'Contents')),
      resources: object.getInheritable('Resources'),
      ctm: turned(rotation, ...boxOfContent),
    },
    { canvas, font: (spec) => fonts.font(spec) },
  );
  return canvas.objects();
}

function turned(rotation: number, x0: number, y0: number, x1: number, y1: number): Matrix {
  if (rotation === 90) return [0, -1, 1, 0, -y0, x1];
  if (rotation === 180) return [-1, 0, 0, -1, x1, y1];
  if (rotation === 270) return [0, 1, -1, 0, y1, -x0];
  return [1, 0, 0, 1, -x0, -y0];
}

/** All of a page's streams; a token never runs from one into the next. */
function contents(object: PDFObject | undefined): Uint8Array {
  const streams = object?.isArray()
    ? Array.from({ length: object.length }, (_, index) => at(object, index))
    : [object];
  const parts = streams.flatMap((stream) => (stream?.isStream() ? [decodedStream(stream)] : []));
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0)).fill(0x0a);
  let end = 0;
  for (const part of parts) {
    joined.set(part, end);
    end += part.length + 1;
  }
  return joined;
}
