/** The engines, by the name that a setting chooses one with. */
import type { PdfEngine } from './engine.ts';

export const engineNames = ['mupdf', 'pdf-parse'] as const;
export type EngineName = (typeof engineNames)[number];

/** Loads the engine's library only when it is asked for. */
export async function loadEngine(name: EngineName): Promise<PdfEngine> {
  if (name === 'mupdf') return (await import('./mupdf/mupdf-engine.ts')).mupdfEngine;
  return (await import('./pdf-parse/pdf-parse-engine.ts')).pdfParseEngine;
}
