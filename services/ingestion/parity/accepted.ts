/** The register of differences between legacy's ingestion and ours that a person signed off. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type DocumentParity, differs, pageDiffers } from './compare.ts';

const rule = z.strictObject({
  name: z.string().min(1),
  reason: z.string().min(20, 'must say why, in a sentence'),
  owner: z.string().min(1),
  /** The last day it counts. */
  expires: z.iso.date(),
  engine: z.enum(['mupdf', 'pdf-parse']),
  /** Files' names without `.pdf`. */
  documents: z.array(z.string().min(1)).min(1),
  /** Undefined: every page. */
  pages: z.array(z.int().min(1)).optional(),
  /** `classes`: of the documents that `npm run parity -- --classes` makes. */
  corpus: z.literal('classes').optional(),
  /** Without it the difference cannot show, and the rule does not count. */
  needs: z.literal('tesseract').optional(),
});

export type AcceptedRule = z.infer<typeof rule>;

export interface Verdict {
  /** One line for each document that differs where no rule names it. */
  unexplained: string[];
  unused: string[];
  expired: string[];
  /** By rule: the documents that it explains. */
  explained: Map<string, Set<string>>;
}

/** @throws Error that names everything that is wrong in it */
export async function readAccepted(path: string): Promise<AcceptedRule[]> {
  const parsed = z.strictObject({ rules: z.array(rule) }).safeParse(parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data.rules;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${path} cannot be used:\n${faults.join('\n')}`);
}

/** @param today as `2026-01-31` */
export function judge(
  results: readonly DocumentParity[],
  rules: readonly AcceptedRule[],
  today: string,
): Verdict {
  const engines = new Set(results.map(({ engine }) => engine));
  const live = rules.filter(({ expires }) => expires >= today);
  const explained = new Map<string, Set<string>>();
  const unexplained: string[] = [];
  for (const result of results.filter(differs)) {
    const pages = result.pages.filter(pageDiffers).map(({ page }) => page);
    // The same pages in another order, or other metadata: a difference of the document.
    const places = pages.length ? pages : [0];
    const open = places.filter((page) => {
      const found = live.find((candidate) => covers(candidate, result, page));
      if (found) explained.set(found.name, (explained.get(found.name) ?? new Set()).add(result.document));
      return !found;
    });
    const where = open.some(Boolean) ? `, page ${open.join(', ')}` : '';
    if (open.length) unexplained.push(`${result.engine}: ${result.document}${where}`);
  }
  return {
    unexplained,
    explained,
    unused: live
      .filter(({ name, engine }) => engines.has(engine) && !explained.has(name))
      .map(({ name }) => name),
    expired: rules.filter((candidate) => !live.includes(candidate)).map(({ name }) => name),
  };
}

function covers({ engine, documents, pages }: AcceptedRule, result: DocumentParity, page: number): boolean {
  return engine === result.engine && documents.includes(result.document) && (!pages || pages.includes(page));
}
