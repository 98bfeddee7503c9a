/**
 * Brotli, which PyMuPDF's build of MuPDF has and the WebAssembly build has not: such streams are decompressed by Node and
 * written back into the document in memory.
 */
import { readSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { PDFDocument, PDFObject } from 'mupdf';
import { at, name } from './content/dictionary.ts';
import { decoders, listed, mostInflated, undoPrediction, wasBrotli } from './content/streams.ts';

const filter = 'BrotliDecode';
const piece = 1024 * 1024;

/** @param file descriptor of the open file, which is searched first: few files have any such stream */
export function expandBrotli(document: PDFDocument, file: number, size: number): void {
  if (!mentions(file, size, filter)) return;
  for (let number = 1; number < document.countObjects(); number++) {
    const object = document.newIndirect(number);
    if (object.isStream() && listed(at(object, 'Filter')).some((each) => name(each) === filter))
      expand(document, object);
  }
}

/** The entries of a stream are never compressed themselves, so a filter's name stands in the file. */
function mentions(file: number, size: number, word: string): boolean {
  const bytes = Buffer.alloc(piece + word.length);
  for (let position = 0; position < size; position += piece) {
    const length = readSync(file, bytes, 0, bytes.length, position);
    if (bytes.subarray(0, length).includes(word)) return true;
  }
  return false;
}

/** Undoes the filters up to the last Brotli; those after it stay. */
function expand(document: PDFDocument, stream: PDFObject): void {
  const names = listed(at(stream, 'Filter')).map((each) => name(each) ?? '');
  const given = at(stream, 'DecodeParms');
  const parameters = given?.isArray() ? listed(given) : names.map(() => given);
  const end = names.lastIndexOf(filter) + 1;
  stream.put(wasBrotli, true);
  let data: Uint8Array = Uint8Array.from(stream.readRawStream().asUint8Array());
  try {
    for (const [index, each] of names.slice(0, end).entries())
      data = undoPrediction(decoded(each, data), parameters[index]);
  } catch {
    // A decoder after this one takes the fault for the data's end. Without one MuPDF ends the page's content here, as it
    // does for faulty Flate data, which it is given.
    if (!names.slice(end).some((each) => Object.hasOwn(decoders, each))) {
      stream.writeRawStream(Buffer.from('not compressed'));
      stream.put('Filter', document.newName('FlateDecode'));
      stream.delete('DecodeParms');
      return;
    }
    data = new Uint8Array();
  }
  stream.writeRawStream(data);
  replace(stream, 'Filter', at(stream, 'Filter'), end);
  replace(stream, 'DecodeParms', at(stream, 'DecodeParms'), end);
}

function decoded(each: string, data: Uint8Array): Uint8Array {
  if (each === filter) return brotliDecompressSync(data, { maxOutputLength: mostInflated });
  const decode = decoders[each];
  if (!decode) throw new Error(`nothing decodes ${each}`);
  return decode(data);
}

/** Leaves what comes after the filters that were undone. */
function replace(stream: PDFObject, key: string, value: PDFObject | undefined, done: number): void {
  if (value?.isArray() && value.length > done) for (let index = 0; index < done; index++) value.delete(0);
  else stream.delete(key);
}
