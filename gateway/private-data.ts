/** What Banyan keeps (chats, uploads, recordings, tokens) is for the user that it runs as alone. */
import { chmod, lstat, mkdir, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Rights of the group and of others. */
const others = 0o077;

/**
 * Makes the data folder private: 0700, and what this process and its children write from now on is 0700 and 0600. A folder of
 * an earlier version, which others could read, is put right with all that is in it.
 * @param setupFolder what is set up once holds nothing of anybody; where it is inside, it stays as it is
 * @throws where the folder cannot be made; what belongs to another user stays as it is, which `banyan doctor` shows
 */
export async function keepPrivate(dataFolder: string, setupFolder: string): Promise<void> {
  process.umask(others);
  await mkdir(dataFolder, { recursive: true });
  if (((await lstat(dataFolder)).mode & others) === 0) return;
  for (const { path, mode } of await sharedIn(dataFolder, setupFolder))
    await chmod(path, mode & ~others & 0o7777).catch(() => undefined);
  // Last: a start that breaks off before puts the rest right the next time.
  await chmod(dataFolder, 0o700).catch(() => undefined);
}

export interface Shared {
  path: string;
  mode: number;
}

/** The folder and what is in it, as far as others have rights on it. Links have none of their own, and are not followed. */
export async function sharedIn(folder: string, except: string): Promise<Shared[]> {
  if (folder === except) return [];
  const found: Shared[] = [];
  const look = async (path: string) => {
    // It may have gone meanwhile: a running gateway writes and removes here.
    const mode = (await lstat(path).catch(() => undefined))?.mode ?? 0;
    if (mode & others) found.push({ path, mode });
  };
  await look(folder);
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await sharedIn(path, except)));
    else if (entry.isFile()) await look(path);
  }
  return found;
}
