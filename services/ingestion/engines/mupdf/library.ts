/**
 * Loads MuPDF's WebAssembly module, once for each process. It takes some 60 MB and reads synchronously: load it only where
 * nothing else has to be answered.
 *
 * The public calls give characters beyond the basic plane cut to 16 bits, and make two objects for each character. So the
 * module that Emscripten fills is kept at hand, to walk structured text in it. It belongs to the exact version that
 * package.json pins.
 */
import type * as mupdf from 'mupdf';

export type Mupdf = typeof mupdf;

/** Addresses in the module's memory; 0 is none. */
type Address = number;

/** The functions that walk structured text. */
export interface StructuredTextMemory {
  _wasm_stext_page_get_first_block(page: Address): Address;
  _wasm_stext_block_get_type(block: Address): number;
  _wasm_stext_block_get_next(block: Address): Address;
  _wasm_stext_block_get_first_line(block: Address): Address;
  _wasm_stext_line_get_next(line: Address): Address;
  _wasm_stext_line_get_first_char(line: Address): Address;
  _wasm_stext_char_get_next(char: Address): Address;
  /** Four points, as eight floats. */
  _wasm_stext_char_get_quad(char: Address): Address;
  /** Left, top, right, bottom, as four floats. */
  _wasm_stext_page_get_mediabox(page: Address): Address;
  /** All of the memory; another array once it has grown. */
  HEAPF32: Float32Array;
  /** The code point. */
  _wasm_stext_char_get_c(char: Address): number;
}

export interface MupdfLibrary {
  mupdf: Mupdf;
  memory: StructuredTextMemory;
}

let loaded: Promise<MupdfLibrary> | undefined;

export function loadMupdf(): Promise<MupdfLibrary> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<MupdfLibrary> {
  const memory: Record<string, unknown> = { print: () => {}, printErr: () => {} };
  globalThis.$libmupdf_wasm_Module = memory;
  const mupdf = await import('mupdf');
  if (typeof memory._wasm_stext_char_get_c !== 'function')
    throw new Error('mupdf was loaded by somebody else first, or is not the version that package.json pins');
  return { mupdf, memory: memory as unknown as StructuredTextMemory };
}
