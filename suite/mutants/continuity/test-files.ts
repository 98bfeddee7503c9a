/** Finds the files of the tests that have to see faults: by their titles, so that a test may move. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContinuityFault } from './fault.ts';

/**
 * @param folder of the tests, below `root`
 * @returns by the fault's name, the file's path below `root`
 * @throws Error that names each fault whose test is not in exactly one file, and what to do
 */
export async function testFiles(
  root: string,
  folder: string,
  faults: readonly ContinuityFault[],
): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(join(root, folder), { recursive: true })).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const tests = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      source: await readFile(join(root, folder, name), 'utf8'),
    })),
  );
  const files = new Map<string, string>();
  const lost: string[] = [];
  for (const { name, seenBy } of faults) {
    const having = tests
      .filter(({ source }) => source.includes(wordsOf(seenBy.title)))
      .map(({ path }) => path);
    const [path] = having;
    if (path && having.length === 1) files.set(name, path);
    else
      lost.push(
        having.length === 0
          ? `"${name}": no test in ${folder} is called "${seenBy.title}". Write the title that it has now, or another test that fails with the fault.`
          : `"${name}": tests called "${seenBy.title}" are in ${having.join(', ')}. Write more of the right one's title.`,
      );
  }
  if (lost.length > 0) throw new Error(`Planted faults whose tests are not found:\n${lost.join('\n')}`);
  return files;
}

/** Of a title that is filled in, what stands before that. */
const wordsOf = (title: string) => title.split('"')[0] ?? title;
