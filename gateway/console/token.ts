/** The console's token: from the environment, or made at the first start and kept. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const tokenFile = (dataFolder: string) => join(dataFolder, 'console-token');

/** The token that is kept in the data folder, if one is. */
export async function readToken(dataFolder: string): Promise<string | undefined> {
  const text = await readFile(tokenFile(dataFolder), 'utf8').catch(() => undefined);
  return text?.trim() || undefined;
}

/**
 * The token to ask for.
 * @param given from the environment; it is not written anywhere
 * @returns `isNew`: it was made just now, so nobody can know it yet
 */
export async function takeToken(
  dataFolder: string,
  given: string | undefined,
): Promise<{ token: string; isNew: boolean }> {
  if (given !== undefined) return { token: given, isNew: false };
  const kept = await readToken(dataFolder);
  if (kept !== undefined) return { token: kept, isNew: false };
  const token = randomBytes(32).toString('base64url');
  await mkdir(dataFolder, { recursive: true });
  // An empty file is what a full disk left behind.
  const handle = await open(tokenFile(dataFolder), 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { token, isNew: true };
}
