/** Reads the register of accepted divergences. */
import { readFile } from 'node:fs/promises';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { parseAccepted } from '@banyan/compare/accepted-register.ts';

/** @throws Error that names the file and everything that is wrong in it */
export async function readAccepted(path: string): Promise<AcceptedRule[]> {
  return parseAccepted(await readFile(path, 'utf8'), path);
}
