/** Modules in which faults are planted. A fault finds its module by what that exports, so that a moved file is found again. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fault, MutantDoesNotApply } from './mutant.ts';
import { filled, matchesOf } from './pattern.ts';

export interface Module {
  /** Below the root, with slashes. */
  path: string;
  source: string;
}

export interface PlantedModule extends Module {
  /** The source with the fault in it. */
  planted: string;
}

const isOfTests = /\.test\.ts$|(?:^|\/)(?:testing|test|corpus)\//;

export class Sources {
  readonly #modules: readonly Module[];

  constructor(modules: readonly Module[]) {
    this.#modules = modules;
  }

  /** @param folders below the root: every module in them, but none of tests */
  static async of(root: string, folders: readonly string[]): Promise<Sources> {
    const names = await Promise.all(
      folders.map(async (folder) =>
        (await readdir(join(root, folder), { recursive: true })).map((name) => `${folder}/${name}`),
      ),
    );
    const paths = names
      .flat()
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts') && !isOfTests.test(path) && !path.includes('node_modules/'));
    return new Sources(
      await Promise.all(
        paths.map(async (path) => ({ path, source: await readFile(join(root, path), 'utf8') })),
      ),
    );
  }

  /** @throws MutantDoesNotApply */
  plant(fault: Fault): PlantedModule {
    const modules = this.#modules.filter(({ source }) => exportsOf(source).includes(fault.in));
    const places = modules.flatMap((module) => placesIn(module, fault));
    const [place] = places;
    if (place && places.length === 1) return place;
    throw new MutantDoesNotApply(
      `The planted fault "${fault.name}" ${this.#complaint(fault, modules, places)}`,
    );
  }

  #complaint(fault: Fault, modules: readonly Module[], places: readonly Module[]): string {
    const where = places.map(({ path }) => path).join(', ');
    if (places.length > 1)
      return `does not apply: its text is ${places.length} times in what exports \`${fault.in}\` (${where}), not once. Lengthen its \`from\` until only one of them has it.`;
    const lost =
      modules.length === 0
        ? `has lost its anchor: no module exports \`${fault.in}\``
        : `does not apply: its text is not in ${modules.map(({ path }) => path).join(', ')}, not once, and that exports \`${fault.in}\``;
    return `${lost}. ${this.#advice(fault)}`;
  }

  /** Where the text is now, if it is anywhere. */
  #advice(fault: Fault): string {
    const elsewhere = this.#modules.filter((module) => placesIn(module, fault).length > 0);
    const [only] = elsewhere;
    const name = only && nearestExport(only, fault);
    if (only && name && elsewhere.length === 1)
      return `Its text is in ${only.path} now: write \`in: '${name}'\`, or another name that this module exports.`;
    if (elsewhere.length > 0)
      return `Its text is in ${elsewhere.map(({ path }) => path).join(', ')}: write with \`in\` what the right one of them exports.`;
    return 'Its text is nowhere, so the code was rewritten: plant the fault in what does the same now, or take it out of the catalogue and say why.';
  }
}

function placesIn(module: Module, { from, to }: Fault): PlantedModule[] {
  return matchesOf(from, module.source).map(({ start, end, names }) => ({
    ...module,
    planted: `${module.source.slice(0, start)}${filled(to, names)}${module.source.slice(end)}`,
  }));
}

const declared =
  /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type) ([\w$]+)/gm;
const listed = /^export (?:type )?\{([^}]*)\}/gm;

/** What stands closest before the fault's text, as a person would name the place. */
function nearestExport({ source }: Module, { from }: Fault): string | undefined {
  const [match] = matchesOf(from, source);
  const before = exportsOf(source.slice(0, match?.start));
  return before.at(-1) ?? exportsOf(source)[0];
}

/** Names that a module exports, in its order. */
function exportsOf(source: string): string[] {
  const inLists = Array.from(source.matchAll(listed), ([, names = '']) =>
    names.split(',').map((name) => name.trim().split(/\s+/).at(-1) ?? ''),
  );
  return [...Array.from(source.matchAll(declared), ([, name = '']) => name), ...inLists.flat()];
}
