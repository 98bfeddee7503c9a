/** The splitters, by the settings that choose one; what a process is told, another can make. */
import { RecursiveCharacterTextSplitter, type TextSplitter } from '@langchain/textsplitters';
import { legacyWindows, WordWindowSplitter, type WordWindows } from './split.ts';

export type SplitterSettings =
  /** Legacy's. */
  | ({ kind: 'word-windows' } & WordWindows)
  /** LangChain's own: at paragraphs where it can, then lines, then words. Counts characters. */
  | { kind: 'recursive-characters'; size: number; overlap: number };

export const legacySplitter: SplitterSettings = { kind: 'word-windows', ...legacyWindows };

export function createSplitter({ kind, size, overlap }: SplitterSettings): TextSplitter {
  switch (kind) {
    case 'word-windows':
      return new WordWindowSplitter({ size, overlap });
    case 'recursive-characters':
      return new RecursiveCharacterTextSplitter({ chunkSize: size, chunkOverlap: overlap });
  }
}
