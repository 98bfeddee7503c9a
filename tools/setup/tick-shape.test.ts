import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { nodeFlags } from './node-flags.mjs';

const root = dirname(dirname(import.meta.dirname));

/** What a program prints that collects garbage and then looks at what is kept. */
const program = `
  const shape = await import(${JSON.stringify(join(import.meta.dirname, 'tick-shape.mjs'))});
  await new Promise(setImmediate);
  for (let i = 0; i < 4; i++) gc();
  console.log(shape.kept && Object.keys(shape.kept).join());
`;

it('of what process.nextTick makes one is kept, from the start of a program on', () => {
  const args = [...nodeFlags, '--expose-gc', '--input-type=module', '-e', program];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  expect(stdout).toBe('callback,args\n');
});

it('the image runs Node with the same flags', () => {
  const options = /NODE_OPTIONS="([^"]*)"/
    .exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))?.[1]
    ?.split(' ');
  const [semiSpace, shape] = nodeFlags;
  expect(options).toEqual([semiSpace, shape?.replace(pathToFileURL(`${root}/`).href, '/app/')]);
});
