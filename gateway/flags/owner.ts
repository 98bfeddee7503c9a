/** Whose hand it was that edited a file, as far as the system tells. */
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';

/** `by hand (alice)`, or `by hand` where the owner's name is not known. */
export async function handOf(file: string): Promise<string> {
  const name = await ownerOf(file).catch(() => undefined);
  return name ? `by hand (${name})` : 'by hand';
}

async function ownerOf(file: string): Promise<string | undefined> {
  const { uid } = await stat(file);
  const self = userInfo();
  if (self.uid === uid) return self.username;
  const users = await readFile('/etc/passwd', 'utf8');
  return users
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(uid))?.[0];
}
