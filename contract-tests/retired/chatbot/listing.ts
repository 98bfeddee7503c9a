/** Which PDFs each chat has at every moment of a recording, from what its answers said. */
import type { SeenExchange } from './seen.ts';

export class Listing {
  readonly #listed = new Map<string, readonly string[]>();
  /** Uploads that were accepted since the chat's PDFs were last shown. */
  readonly #unseen = new Map<string, number>();
  readonly #chunks = new Map<string, number>();

  of(chat: string): readonly string[] {
    return this.#listed.get(chat) ?? [];
  }

  /** How many chunks are searched for an answer, as far as was shown. */
  chunks(chat: string): number {
    return this.#chunks.get(chat) ?? 0;
  }

  /** @returns of a removal: the names that went, and whether they were the chat's last */
  see({ asked, chat, status, shown, chats }: SeenExchange): { removed: string[]; last: boolean } | undefined {
    if (status >= 300) return undefined;
    for (const { id, pdf_list } of chats) this.#show(id, pdf_list);
    if (asked === 'GET /api/chats/:chat_id/pdfs') this.#show(chat, shown.pdfs ?? []);
    if (asked === 'GET /api/chats/:chat_id/docs')
      this.#chunks.set(
        chat,
        (shown.pdfs ?? []).reduce((sum, { chunks = 0 }) => sum + chunks, 0),
      );
    if (asked === 'POST /api/chats/:chat_id/upload-pdf')
      this.#unseen.set(chat, (this.#unseen.get(chat) ?? 0) + 1);
    if (asked === 'DELETE /api/chats/:chat_id') this.#listed.delete(chat);
    if (asked !== 'DELETE /api/chats/:chat_id/pdfs/:name') return undefined;
    return this.#remove(chat, shown.pdf_name ?? '');
  }

  #show(chat: string, pdfs: readonly { name: string }[]): void {
    this.#unseen.delete(chat);
    this.#listed.set(
      chat,
      pdfs.map(({ name }) => name),
    );
  }

  #remove(chat: string, name: string): { removed: string[]; last: boolean } {
    const left = this.of(chat).filter((each) => each !== name);
    const count = Math.max(1, this.of(chat).length - left.length);
    this.#listed.set(chat, left);
    return {
      removed: Array.from({ length: count }, () => name),
      last: left.length === 0 && !this.#unseen.get(chat),
    };
  }
}

/** Takes as many of each name out of a list as the names say: the first ones, or the last ones. */
export function spread(
  names: readonly string[],
  from: readonly string[],
  which: 'first' | 'last',
): ReadonlySet<number> {
  const left = [...names];
  const places = [...from.keys()];
  const found = new Set<number>();
  for (const i of which === 'first' ? places : places.reverse()) {
    const at = left.indexOf(from[i] ?? '');
    if (at < 0) continue;
    left.splice(at, 1);
    found.add(i);
  }
  return found;
}
