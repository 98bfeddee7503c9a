/** A copy of parts of the source in a temporary folder, in which faults are planted. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from './mutant.ts';
import type { CopyOptions } from './planted-faults.ts';
import { Sources } from './sources.ts';

export class SourceCopy {
  readonly folder: string;
  readonly #sources: Sources;

  private constructor(folder: string, sources: Sources) {
    this.folder = folder;
    this.#sources = sources;
  }

  static async of({ root, parts, searched, leftOut }: CopyOptions): Promise<SourceCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'banyan-mutants-'));
    const filter = (path: string) => !leftOut?.test(path);
    for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true, filter });
    await linkPackages(root, folder);
    return new SourceCopy(folder, await Sources.of(folder, searched));
  }

  /** @returns what takes it out again @throws MutantDoesNotApply */
  async plant(fault: Fault): Promise<() => Promise<void>> {
    const { path, source, planted } = this.#sources.plant(fault);
    const file = join(this.folder, path);
    await writeFile(file, planted);
    return () => writeFile(file, source);
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
