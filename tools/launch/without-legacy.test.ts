/** Once legacy was taken away, a start needs none: no Python, no port, no address. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { completionNote } from '@banyan/gateway/console/completion.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { run } from './run.ts';
import { settingsApart } from './testing.ts';
import { withoutCompleted } from './without-legacy.ts';

const root = dirname(dirname(import.meta.dirname));
const keys = routeKeys(routeTable);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'without-legacy-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function installation(modes: (key: string) => string, { isNoted = true } = {}) {
  const flagFile = join(folder, 'flags.yaml');
  const lines = keys.map((key) => `  ${key}: ${modes(key)}\n`);
  await writeFile(flagFile, `routes:\n${lines.join('')}evidence: warn\n`);
  const apart = settingsApart(root, folder, flagFile);
  await mkdir(apart.settings.dataFolder);
  if (isNoted) await writeFile(completionNote(apart.settings.dataFolder), '{}\n');
  return apart;
}

it.each([
  ['nothing is noted', false, () => 'complete'],
  ['the flag file has one route elsewhere', true, (key: string) => (key === keys[0] ? 'new' : 'complete')],
  ['the flag file has faults', true, () => 'compleat'],
])('there is one to start where %s', async (_, isNoted, modes) => {
  const { settings } = await installation(modes, { isNoted });
  expect(await withoutCompleted(settings)).toBe(settings);
});

it('all is served without it', async () => {
  const { settings: loud, env } = await installation(() => 'complete');
  const settings = { ...loud, logLevel: 'silent' };
  const said: string[] = [];
  const report = (line: string) => void said.push(line);
  const running = await run({ settings, root, env, report, signal: new AbortController().signal });
  try {
    expect(running.legacyUrl).toBeUndefined();
    const created = await fetch(`${running.url}/api/chats`, { method: 'POST' });
    expect(created.status).toBe(201);
    for (const [path, status] of [
      ['/api/health', 200],
      ['/api/chats', 200],
      ['/nowhere', 404],
      ['//api/chats', 200],
    ] as const)
      expect((await fetch(`${running.url}${path}`, { redirect: 'manual' })).status, path).toBe(status);
    expect(existsSync(join(settings.dataFolder, 'run/legacy.json'))).toBe(false);
    expect(said.join()).not.toContain('legacy app');
  } finally {
    await running.close();
  }
}, 60_000);
