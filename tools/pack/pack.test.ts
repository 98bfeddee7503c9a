/** The tarball of the tool, installed where nothing else is: what comes with it, and that it runs and can be compiled against. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCompiledPaths } from './compile.ts';
import { entryPoints, forbidden, OLDEST_NODE } from './contents.ts';
import { node22 } from './node-22.ts';
import { pack } from './pack.ts';
import { installInto, startInstalled, temporary } from './try.ts';

const root = join(import.meta.dirname, '../..');
const folder = temporary();
const installed = join(folder.path, 'node_modules/@banyan/gateway');
let megabytes: number;

beforeAll(() => {
  const tarball = pack(root, folder.path);
  ({ megabytes } = installInto(folder.path, tarball));
});
afterAll(() => folder.remove());

const manifestIn = (place: string) =>
  JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    engines?: { node?: string };
  };

/** Every package that is installed, whatever it is nested in. */
function packagesIn(place: string): string[] {
  const modules = join(place, 'node_modules');
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((one) => `${name}/${one}`) : name,
    )
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => [join(modules, name), ...packagesIn(join(modules, name))]);
}

describe('what is installed', () => {
  it('is small, and nothing of the application or of its model', () => {
    const names = packagesIn(folder.path).map((place) =>
      place.slice(place.lastIndexOf('node_modules/') + 13),
    );
    expect(names).toEqual(
      expect.arrayContaining(['hono', 'kysely', 'pg', '@electric-sql/pglite', '@banyan/suite']),
    );
    expect(names.filter((name) => forbidden.test(name))).toEqual([]);
    expect(
      ['onnxruntime-node', '@langchain/core', 'mupdf', 'node'].every((name) => forbidden.test(name)),
    ).toBe(true);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.py$|\.test\.|(^|\/)testing\/|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(megabytes, 'megabytes on the disk, PGlite among them').toBeLessThan(150);
  });

  it('says on which Node it runs, as its dependencies do', () => {
    expect(manifestIn(installed).engines).toEqual({ node: `>=${OLDEST_NODE}` });
    expect(manifestIn(installed).version).toBe(manifestIn(root).version);
    /** Of a range's first alternative, as one number. */
    const oldest = (range: string) => {
      const [, major = 0, minor = 0] = /^[>=^~\s]*(\d+)(?:\.(\d+))?/.exec(range) ?? [];
      return Number(major) * 1000 + Number(minor);
    };
    for (const place of packagesIn(folder.path))
      expect(oldest(manifestIn(place).engines?.node ?? ''), place).toBeLessThanOrEqual(oldest(OLDEST_NODE));
  });

  it('names no program by its TypeScript', () => {
    const code = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.m?js$/.test(file),
    );
    expect(code.length).toBeGreaterThan(100);
    for (const file of code) {
      const source = readFileSync(join(installed, file), 'utf8');
      expect(withCompiledPaths(source), file).toBe(source);
    }
    expect(withCompiledPaths("new Worker(new URL('./a.ts', here))")).toContain("'./a.js'");
    expect(withCompiledPaths("fork(join(import.meta.dirname, 'b', 'a.ts'))")).toContain("'b', 'a.js'");
  });
});

describe('the installed command', () => {
  const { setupFolder } = readSettings(process.env, root);

  it('starts under Node 22 in front of a plain server, soon, and stays small', async () => {
    const node = node22(join(setupFolder, 'node-22'), console.error);
    const started = await startInstalled(folder.path, node);
    expect(started, started.output).toMatchObject({ version: `v${OLDEST_NODE}`, exitCode: 0 });
    expect([...started.answers]).toEqual(['seen GET /some/path?x=1']);
    expect(Math.min(started.readyAfter, started.worked), 'milliseconds').toBeLessThan(2000);
    expect(started.resident, 'megabytes').toBeLessThan(120);
  });

  it('reads its flag file, and refuses one with a fault', async () => {
    const good = await startInstalled(folder.path, process.execPath, 'routes:\n  anything else: legacy\n');
    expect(good, good.output).toMatchObject({ exitCode: 0 });
    expect(good.answers.size).toBe(1);
    const bad = await startInstalled(folder.path, process.execPath, 'routes:\n  anything else: new\n');
    expect(bad.exitCode).not.toBe(0);
    expect(bad.output).toMatch(/anything else/);
  });
});

describe('a TypeScript program that uses it', () => {
  const compile = (source: string) => {
    writeFileSync(join(folder.path, 'consumer.ts'), source);
    const compilerOptions = {
      target: 'es2024',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(
      join(folder.path, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [tsc, '-p', folder.path], { encoding: 'utf8' }).stdout;
  };
  const imports = `
    import { type Application, readSettings, startGateway } from '@banyan/gateway';
    import { defineRouteTable } from '@banyan/gateway/route-table';
    import { compareAnswers } from '@banyan/gateway/compare';
    import { runSuite, type SuiteOptions } from '@banyan/gateway/suite';
    import { openSession } from '@banyan/gateway/operations';
    const settings = readSettings(process.env, '.');
    const table = defineRouteTable({ routes: [], anythingElse: { key: 'anything else', access: 'read', longest: 1000 } });
    export const name = (application: Application): string => application.name;
    export const outcomes = (options: SuiteOptions) => runSuite({ ...options, table });
    export { compareAnswers, openSession, startGateway };`;

  it('compiles against its declarations', () => {
    expect(compile(`${imports} export const port: number = settings.gateway.port;`)).toBe('');
    expect(compile(`${imports} export const port: string = settings.gateway.port;`)).toMatch(/TS2322/);
    expect(compile(`${imports} export const longest: string = table.anythingElse.longest;`)).toMatch(
      /TS2322/,
    );
  });

  it('loads every entry point', () => {
    const names = entryPoints.map(({ path }) => `@banyan/gateway${path.slice(1)}`);
    const source = names
      .map((name) => `console.log(Object.keys(await import('${name}')).length > 0);`)
      .join('\n');
    writeFileSync(join(folder.path, 'load.js'), source);
    const said = execFileSync(process.execPath, ['load.js'], { cwd: folder.path, encoding: 'utf8' });
    expect(said.trim().split('\n')).toEqual(names.map(() => 'true'));
  });

  it('is told of every entry point in docs/package.md', () => {
    const page = readFileSync(join(root, 'docs/package.md'), 'utf8');
    const told = [...page.matchAll(/^\| `(@banyan\/gateway[^`]*)` \|/gm)].map(([, name]) => name);
    expect(told).toEqual(entryPoints.map(({ path }) => `@banyan/gateway${path.slice(1)}`));
  });
});
