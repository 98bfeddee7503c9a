/** One document read by legacy and by an engine: what is the same, page by page. Pure. */
import { cleanText } from '../clean.ts';
import { splitWords } from '../python-text.ts';

export interface Reading {
  /** `[page, text]`, not cleaned; pages without text are missing. */
  pages: [page: number, text: string][];
  /** `[page, number, text]`, not cleaned. */
  tables: [page: number, table: number, text: string][];
  chunks: { text: string; metadata: object }[];
}

export interface Count {
  legacy: number;
  engine: number;
}

export interface PageParity {
  page: number;
  /** The cleaned text, to the byte. */
  sameText: boolean;
  /** The text before cleaning, to the byte; nothing is stored of it. */
  sameRawText: boolean;
  words: Count;
  chunks: Count;
  /** `same`: cleaned, to the byte, in their places. */
  tables: Count & { same: number };
}

export interface DocumentParity {
  document: string;
  engine: string;
  /** Every page that has anything on either side. */
  pages: PageParity[];
  /** Texts, metadata and order of all chunks, to the byte: what is stored in the end. */
  sameChunks: boolean;
  chunks: Count;
}

export function compareReadings(
  document: string,
  engine: string,
  legacy: Reading,
  ours: Reading,
): DocumentParity {
  const numbers = new Set(
    [legacy, ours].flatMap(({ pages, tables }) => [...pages, ...tables].map(([page]) => page)),
  );
  const [theirs, mine] = [legacy, ours].map((reading) => byPage(reading)) as [PageIndex, PageIndex];
  return {
    document,
    engine,
    pages: [...numbers].sort((a, b) => a - b).map((page) => comparePage(page, theirs(page), mine(page))),
    sameChunks: JSON.stringify(legacy.chunks) === JSON.stringify(ours.chunks),
    chunks: { legacy: legacy.chunks.length, engine: ours.chunks.length },
  };
}

/** Whether anything that is stored differs. */
export function differs({ pages, sameChunks }: DocumentParity): boolean {
  return !sameChunks || pages.some(pageDiffers);
}

export function pageDiffers({ sameText, chunks, tables }: PageParity): boolean {
  return !sameText || chunks.legacy !== chunks.engine || tables.same < Math.max(tables.legacy, tables.engine);
}

interface OnePage {
  raw: string;
  tables: Map<number, string>;
  chunks: number;
}

type PageIndex = (page: number) => OnePage;

function byPage({ pages, tables, chunks }: Reading): PageIndex {
  const texts = new Map(pages);
  const tablesOf = Map.groupBy(tables, ([page]) => page);
  const chunksOf = Map.groupBy(chunks, ({ metadata }) => Number((metadata as { page: string }).page));
  return (page) => ({
    raw: texts.get(page) ?? '',
    tables: new Map((tablesOf.get(page) ?? []).map(([, number, text]) => [number, cleanText(text)])),
    chunks: chunksOf.get(page)?.length ?? 0,
  });
}

function comparePage(page: number, legacy: OnePage, ours: OnePage): PageParity {
  const [theirs, mine] = [cleanText(legacy.raw), cleanText(ours.raw)];
  return {
    page,
    sameText: theirs === mine,
    sameRawText: legacy.raw === ours.raw,
    words: { legacy: splitWords(theirs).length, engine: splitWords(mine).length },
    chunks: { legacy: legacy.chunks, engine: ours.chunks },
    tables: {
      legacy: legacy.tables.size,
      engine: ours.tables.size,
      same: [...legacy.tables].filter(([number, text]) => ours.tables.get(number) === text).length,
    },
  };
}
