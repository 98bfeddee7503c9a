/** Legacy's windows of words, behind LangChain's interface of a splitter. */
import { TextSplitter } from '@langchain/textsplitters';
import { splitWords } from './python-text.ts';

export interface WordWindows {
  /** Words in a chunk. */
  size: number;
  /** Words that two neighbours share. */
  overlap: number;
}

export const legacyWindows: WordWindows = { size: 1000, overlap: 200 };

/** Cuts a text of more than `size` words into windows; a shorter one comes back as it is, blanks and all. */
export class WordWindowSplitter extends TextSplitter {
  static override lc_name(): string {
    return 'WordWindowSplitter';
  }

  constructor({ size, overlap }: WordWindows = legacyWindows) {
    super({
      chunkSize: size,
      chunkOverlap: overlap,
      keepSeparator: false,
      lengthFunction: (text) => splitWords(text).length,
    });
  }

  override async splitText(text: string): Promise<string[]> {
    return splitIntoWindows(text, { size: this.chunkSize, overlap: this.chunkOverlap });
  }
}

/** Legacy's `split_text`: the last window starts before the words that its predecessor shared with it. */
export function splitIntoWindows(text: string, { size, overlap }: WordWindows = legacyWindows): string[] {
  const words = splitWords(text);
  if (words.length <= size) return [text];
  const windows: string[] = [];
  for (let start = 0; start < words.length - overlap; start += size - overlap)
    windows.push(words.slice(start, start + size).join(' '));
  return windows;
}
