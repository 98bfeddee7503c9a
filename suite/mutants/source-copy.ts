/** A copy of parts of the source in a temporary folder, in which faults are planted. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, planted } from './mutant.ts';

export class SourceCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param parts files and folders below `root` */
  static async of(
    root: string,
    parts: readonly string[],
    isNeeded: (path: string) => boolean,
  ): Promise<SourceCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'banyan-mutants-'));
    for (const part of parts)
      await cp(join(root, part), join(folder, part), { recursive: true, filter: isNeeded });
    await linkPackages(root, folder);
    return new SourceCopy(folder);
  }

  /** @returns what takes it out again @throws MutantDoesNotApply */
  async plant(fault: Fault): Promise<() => Promise<void>> {
    const path = join(this.folder, fault.file);
    const source = await readFile(path, 'utf8').catch(() => '');
    await writeFile(path, planted(fault, source));
    return () => writeFile(path, source);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The repository's packages; but its own workspaces are those of the copy, or a fault in one would never run. */
async function linkPackages(root: string, folder: string): Promise<void> {
  const scope = '@banyan';
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')];
  await mkdir(join(to, scope), { recursive: true });
  for (const name of await readdir(from)) if (name !== scope) await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(from, scope)))
    await symlink(join(folder, name), join(to, scope, name));
}
