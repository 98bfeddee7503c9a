import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'logs-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines that a process has written which logs at a level and is killed at once. */
function linesOfKilled(level: string): { level: number; msg: string }[] {
  const file = join(folder, `${level}.log`);
  const program = `
    import { openLogFile, startLog } from ${JSON.stringify(join(import.meta.dirname, 'logs.ts'))};
    const log = startLog('info', await openLogFile(${JSON.stringify(file)}));
    log.info('before');
    log.${level}('the last');
    process.kill(process.pid, 'SIGKILL');
  `;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
  expect(signal).toBe('SIGKILL');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as { level: number; msg: string });
}

it.each(['error', 'fatal'])(
  'a line at %s is in the file before the next one is logged, and what came before it',
  (level) => {
    expect(linesOfKilled(level).map(({ msg }) => msg)).toEqual(['before', 'the last']);
  },
);

it('other lines wait for more', () => {
  expect(linesOfKilled('warn')).toEqual([]);
});
