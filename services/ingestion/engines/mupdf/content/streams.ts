/**
 * A stream's bytes as pdfminer decodes them: where a filter is unknown to it, or its data are faulty in ways that it does
 * not forgive, legacy has no more tables of that file, while MuPDF would read on.
 */
import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import type { PDFObject } from 'mupdf';
import { at, name, number } from './dictionary.ts';
import { decodeAscii85, decodeAsciiHex, decodeLzw, decodeRunLength } from './filters.ts';
import { undoPngPrediction, undoTiffPrediction } from './predictors.ts';

/** Bytes. What is longer goes through MuPDF, whose memory is bounded. */
export const mostInflated = 128 * 1024 * 1024;

export type Decode = (data: Uint8Array) => Uint8Array;

const asIs: Decode = (data) => data;

export const decoders: Readonly<Record<string, Decode>> = {
  FlateDecode: inflate,
  Fl: inflate,
  LZWDecode: decodeLzw,
  LZW: decodeLzw,
  ASCII85Decode: decodeAscii85,
  A85: decodeAscii85,
  ASCIIHexDecode: decodeAsciiHex,
  AHx: decodeAsciiHex,
  RunLengthDecode: decodeRunLength,
  RL: decodeRunLength,
  DCTDecode: asIs,
  DCT: asIs,
  JBIG2Decode: asIs,
  JPXDecode: asIs,
};

const faxes: ReadonlySet<string | undefined> = new Set(['CCITTFaxDecode', 'CCF']);

/** Marks streams that `expandBrotli` has rewritten: pdfminer knows no Brotli. */
export const wasBrotli = 'BanyanBrotli';

/** @throws Error where pdfminer does */
export function decodedStream(stream: PDFObject): Uint8Array {
  if (at(stream, wasBrotli)) throw new Error('pdfminer does not know the filter /BrotliDecode');
  const filters = listed(at(stream, 'Filter'));
  const parameters = at(stream, 'DecodeParms');
  const own = parameters?.isArray() ? listed(parameters) : filters.map(() => parameters);
  // Nobody writes content as a fax; MuPDF's answer does.
  if (filters.some((filter) => faxes.has(name(filter)))) return stream.readStream().asUint8Array();
  let data: Uint8Array = Uint8Array.from(stream.readRawStream().asUint8Array());
  try {
    for (const [index, filter] of filters.entries()) {
      // Without an entry of its own a filter is not applied.
      if (index >= own.length) break;
      const decode = decoders[name(filter) ?? ''];
      if (!decode) throw new Error(`pdfminer does not know the filter ${filter?.toString() ?? 'null'}`);
      data = undoPrediction(decode(data), own[index]);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return stream.readStream().asUint8Array();
    throw error;
  }
  return data;
}

/** An array's values, or the one that stands for an array of one. */
export function listed(object: PDFObject | undefined): (PDFObject | undefined)[] {
  if (!object) return [];
  return object.isArray() ? Array.from({ length: object.length }, (_, index) => at(object, index)) : [object];
}

/** @throws Error for a predictor that there is not, and where pdfminer does */
export function undoPrediction(data: Uint8Array, parameters: PDFObject | undefined): Uint8Array {
  const predictor = number(at(parameters, 'Predictor')) ?? 1;
  const layout = {
    colors: number(at(parameters, 'Colors')) ?? 1,
    columns: number(at(parameters, 'Columns')) ?? 1,
    bits: number(at(parameters, 'BitsPerComponent')) ?? 8,
  };
  if (predictor === 1) return data;
  if (predictor === 2) return undoTiffPrediction(data, layout);
  if (predictor >= 10) return undoPngPrediction(data, layout);
  throw new Error(`there is no predictor ${predictor}`);
}

/** As far as the data go: the checksum and what is cut off do not matter. */
function inflate(data: Uint8Array): Uint8Array {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: mostInflated };
  try {
    return inflateSync(data, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw error;
    if (data.length < 2 || !hasZlibHeader(data)) return new Uint8Array();
    return longestPrefix(data.subarray(2), (part) => inflateRawSync(part, options));
  }
}

function hasZlibHeader([method = 0, flags = 0]: Uint8Array): boolean {
  return (method & 0x0f) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0 && !(flags & 0x20);
}

/** What `decode` makes of the longest beginning that it takes. */
function longestPrefix(data: Uint8Array, decode: Decode): Uint8Array {
  let [good, bad] = [0, data.length + 1];
  let result: Uint8Array = new Uint8Array();
  while (bad - good > 1) {
    const middle = good + Math.floor((bad - good) / 2);
    try {
      result = decode(data.subarray(0, middle));
      good = middle;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw error;
      bad = middle;
    }
  }
  return result;
}
