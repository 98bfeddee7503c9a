import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { verifyCommand } from './verify.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** In an installation whose suite is this program; undefined: it has none. */
async function verify(suite: string | undefined, args: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'verify-test-'));
  folders.push(root);
  if (suite !== undefined) {
    await mkdir(join(root, 'contract-tests'));
    await writeFile(join(root, 'contract-tests/run.ts'), suite);
  }
  const printed: string[] = [];
  const context = { exitCode: 0, print: (line = '') => void printed.push(line) };
  const program = new Command().exitOverride();
  verifyCommand(program, context as unknown as CliContext, root);
  await program.parseAsync(['verify', ...args], { from: 'user' });
  return { exitCode: context.exitCode, printed };
}

/** Writes its arguments where the result goes, and finds a divergence. */
const diverging = `
  import { writeFileSync } from 'node:fs';
  const args = process.argv.slice(2);
  writeFileSync(args[args.indexOf('--result') + 1], JSON.stringify(args.slice(0, -1)));
  console.log('progress, which is no JSON');
  process.exitCode = 1;
`;

describe('banyan verify', () => {
  it('passes options on to the suite, prints its result as JSON alone, and ends as it ends', async () => {
    const { exitCode, printed } = await verify(diverging, ['--recording', 'first-use', '--json']);
    expect(exitCode).toBe(1);
    expect(printed.map((line) => JSON.parse(line))).toEqual([['--recording', 'first-use', '--result']]);
  });

  it('prints nothing where the suite came to no result', async () => {
    expect(await verify('process.exit(2)', ['--json'])).toEqual({ exitCode: 2, printed: [] });
  });

  it('ends as the suite ends', async () => {
    expect(await verify('process.exit(process.argv[2].length)', ['--only'])).toMatchObject({ exitCode: 6 });
  });

  it('says where the suite is to be had if it is not part of the installation', async () => {
    await expect(verify(undefined, [])).rejects.toThrow('not part of this installation');
  });
});
