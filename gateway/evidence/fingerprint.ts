/** The fingerprint of a set of files: the same on every machine, whatever its line ends, and for every checkout's place. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param root what the paths start from
 * @param paths files, and folders with everything in them; what is not there counts as empty
 * @param counts false for files that change nothing of what runs, such as tests; all count unless told
 * @returns `sha256:…`, over names and contents in the order of the names
 */
export function fingerprint(
  root: string,
  paths: readonly string[],
  counts: (path: string) => boolean = () => true,
): string {
  const hash = createHash('sha256');
  const files = paths.flatMap((path) => filesIn(root, path)).filter(counts);
  for (const path of [...new Set(files)].sort()) {
    const content = withoutCarriageReturns(readFileSync(join(root, path)));
    hash.update(`${path}\n${content.length}\n`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

function filesIn(root: string, path: string): string[] {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  const names = readdirSync(join(root, path)).filter(
    // What is installed or compiled there differs between checkouts; the lock file stands for the packages.
    (name) => name !== '__pycache__' && name !== 'node_modules' && !name.startsWith('.'),
  );
  return names.flatMap((name) => filesIn(root, `${path}/${name}`));
}

/** Git may turn line ends on their way into a checkout; only a text has them. */
function withoutCarriageReturns(content: Buffer): Buffer {
  if (!content.includes('\r\n') || content.includes(0)) return content;
  return Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
