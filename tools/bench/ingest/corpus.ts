/** PDFs to take in: pages of text, and a ruled table on every fifth. The same each time. */

import { chance } from '@banyan/operations/testing/random.ts';
import { pdf } from '../../../legacy/test/support/pdf.ts';

export interface BenchDocument {
  name: string;
  content: Buffer;
  pages: number;
}

const pages = 10;
const wordsOnAPage = 300;

/** The nth of them. */
export function benchDocument(n: number): BenchDocument {
  const random = chance(n + 1);
  const word = () =>
    Array.from({ length: 2 + random.below(8) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const lines = () =>
    Array.from({ length: wordsOnAPage / 12 }, () => Array.from({ length: 12 }, word).join(' '));
  const row = () => Array.from({ length: 4 }, word);
  const content = pdf(
    ...Array.from({ length: pages }, (_, page) => ({
      lines: lines(),
      tables: page % 5 === 0 ? [Array.from({ length: 6 }, row)] : [],
    })),
  );
  return { name: `document-${n}.pdf`, content, pages };
}
