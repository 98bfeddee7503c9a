/** What every kind of font is to the rest. */
import type { PDFObject } from 'mupdf';
import { at, number } from './dictionary.ts';

/** Widths and distances in text space: 1 is the size of the font. */
export interface PdfFont {
  vertical: boolean;
  /** Codes of more than one byte; word spacing does not apply to it. */
  multibyte: boolean;
  /** Below the baseline; zero or less. */
  descent: number;
  decode(bytes: Uint8Array): Iterable<number>;
  width(code: number): number;
  /** From where a vertical glyph hangs; x undefined: its middle. In thousandths. */
  displacement(code: number): { x: number | undefined; y: number };
  text(code: number): string;
}

/** ISO 32000-1, 9.8.1 wants it negative; some producers do not. */
export function descentOf(descriptor: PDFObject | undefined): number {
  return -Math.abs(number(at(descriptor, 'Descent')) ?? 0);
}
