/** Every command that takes long says what it would do when it is asked, and does nothing where its options are wrong. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

async function run(name: string, ...args: string[]) {
  const script = /\S+\.ts$/.exec(scripts[name] ?? '')?.[0] ?? '';
  const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

const commands = [
  ...['bench', 'contract', 'fuzz', 'rehearsal', 'hour', 'soak', 'scaled', 'image', 'crashes', 'pack'],
  ...['parity', 'parity:vectors'],
];

it.each(commands)('npm run %s -- --help', async (name) => {
  const { code, out, err } = await run(name, '--help');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(new RegExp(`^usage: npm run ${name} -- `, 'i'));
});

it.each(commands.filter((name) => name !== 'bench'))(
  'npm run %s with an option that is wrong',
  async (name) => {
    const { code, out, err } = await run(name, '--no-such-option');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/no-such-option/);
    expect(err).not.toMatch(/^ +at /m);
  },
);

it('says which number is wrong', async () => {
  const { code, err } = await run('soak', '--kills', 'many');
  expect(code).toBe(2);
  expect(err).toContain("'many' is invalid. It must be a whole number from 0.");
});
