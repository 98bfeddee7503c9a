/** What suite and generator are told of the application that they look at. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { Grammar } from './fuzz/grammar.ts';
import type { ChangesIn } from './retired/change.ts';
import { UsageError } from './run-options.ts';

export interface TestedApplication {
  table: RouteTable;
  /** The folder of its recordings. */
  recordings: string;
  /** Its register of accepted divergences; nothing is accepted without one. */
  accepted?: string;
  /** What the generator has to know beyond the table and its OpenAPI document. */
  grammar?: Grammar;
  /** What its quirks change once they are retired, by name. */
  changes?: Readonly<Record<string, ChangesIn>>;
}

/**
 * @param file a module whose default export is one; the chatbot unless given
 * @throws UsageError
 */
export async function testedApplication(file: string | undefined): Promise<TestedApplication> {
  const path =
    file === undefined ? resolve(import.meta.dirname, '../contract-tests/chatbot.ts') : resolve(file);
  const module = (await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new UsageError(`--application: ${error.message}`);
  })) as { default?: Partial<TestedApplication> };
  const { table, recordings, ...rest } = module.default ?? {};
  if (!table || recordings === undefined)
    throw new UsageError(
      `--application: ${path} has no default export with a table and a folder of recordings`,
    );
  return { table, recordings, ...rest };
}
