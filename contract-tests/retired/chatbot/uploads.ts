/** Uploads that are under way at the same time, and which of them are taken where each counts from its start. */
import type { Answer } from '@banyan/compare/answer.ts';
import { jsonOf } from '@banyan/suite/retired/edit.ts';
import type { SeenExchange, Shown } from './seen.ts';

const MOST = 5;

/** What an upload of that name is refused with, where these count. */
export function refusal(taken: readonly string[], name: string): string | undefined {
  if (taken.length >= MOST) return `Maximum ${MOST} PDFs per chat`;
  return taken.includes(name) ? `PDF '${name}' already uploaded` : undefined;
}

export const isUpload = ({ asked, status }: SeenExchange) =>
  asked === 'POST /api/chats/:chat_id/upload-pdf' && status === 202;

/** The file's name as a browser sends it. */
export const nameIn = (body: Buffer | undefined): string =>
  /; filename="([^"\r\n]*)"/.exec(body?.toString('utf8') ?? '')?.[1] ?? '';

/** By the upload's place: those of its chat that overlap with it, or with one of these; itself too. */
export function groupsOf(exchanges: readonly SeenExchange[]): ReadonlyMap<number, readonly SeenExchange[]> {
  const groups = new Map<number, SeenExchange[]>();
  for (const upload of exchanges.filter(isUpload)) {
    const group = [...new Set(groups.values())].find((others) =>
      others.some(({ chat, end }) => chat === upload.chat && end > upload.start),
    );
    groups.set(upload.index, group ?? []);
    groups.get(upload.index)?.push(upload);
  }
  return groups;
}

/** What could not be read is never listed, and counts no more. */
export function isListedAfter(
  exchanges: readonly SeenExchange[],
  { index, chat }: SeenExchange,
  name: string,
): boolean {
  return exchanges.slice(index + 1).some((later) => {
    const own = later.chat === chat ? (later.shown.pdfs ?? []) : [];
    const listed = later.chats.flatMap(({ id, pdf_list }) => (id === chat ? pdf_list : []));
    return [...own, ...listed].some((pdf) => pdf.name === name);
  });
}

/**
 * Which of some uploads at once are taken: that is a matter of which comes first, but how many are is not, as long as they
 * all have the same name or all have other ones.
 */
export class AtOnce {
  /** Names that count once all of them were answered. */
  readonly taken: readonly string[];
  /** Names that legacy took and the other did not. */
  readonly refused: readonly string[];
  readonly #room: number;
  /** What became of each, by its place. */
  readonly #taken = new Set<number>();
  readonly #refused = new Set<number>();

  constructor(before: readonly string[], names: readonly string[]) {
    const taken = [...before];
    const refused: string[] = [];
    for (const name of names) (refusal(taken, name) === undefined ? taken : refused).push(name);
    this.taken = taken;
    this.refused = refused;
    this.#room = taken.length - before.length;
  }

  /** @returns what the upload has to be refused with; undefined where it has to be taken */
  judged(index: number, name: string, answer: Answer): string | undefined {
    const { error } = (jsonOf(answer) as Shown | undefined) ?? {};
    const expected = refusal(this.taken, name);
    const others = (set: ReadonlySet<number>) => set.size - Number(set.has(index));
    const isTaken = answer.status === 202 && others(this.#taken) < this.#room;
    const isOneTooFew = others(this.#refused) >= this.refused.length;
    if (isTaken || (answer.status !== 202 && (isOneTooFew || error !== expected))) {
      if (isTaken) this.#taken.add(index);
      return undefined;
    }
    this.#refused.add(index);
    return expected;
  }
}
