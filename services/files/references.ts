/** Who needs a file: every document, listed or not, published or still being taken in. */
import type { Db } from '../db/transaction.ts';

/** @returns those of the hashes that a document refers to */
export async function referencedFiles(db: Db, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await db
    .selectFrom('documents')
    .select('file_sha256')
    .distinct()
    .where('file_sha256', 'in', hashes)
    .execute();
  return new Set(rows.flatMap(({ file_sha256 }) => file_sha256 ?? []));
}
