/** How a process reads PDFs. */
import { join } from 'node:path';
import { findTesseract } from '../ingestion/ocr/find-tesseract.ts';
import type { Workshop } from './process-upload.ts';

/**
 * @param chosen engine and splitter
 * @param env of this process: Tesseract is found on its PATH, and gets its TESSDATA_PREFIX
 */
export function ingestionSettings(
  chosen: Pick<Workshop['ingestion'], 'engine' | 'splitter'>,
  dataFolder: string,
  env: Record<string, string | undefined>,
): Workshop['ingestion'] {
  const tesseract = findTesseract(env.PATH);
  return {
    ...chosen,
    ...(tesseract && { tesseract }),
    ...(env.TESSDATA_PREFIX && { env: { TESSDATA_PREFIX: env.TESSDATA_PREFIX } }),
    // A process that has a cache itself shares it with the children: it is warm at their first start.
    ...(!env.NODE_COMPILE_CACHE && { cacheFolder: join(dataFolder, 'cache/ingestion') }),
  };
}
