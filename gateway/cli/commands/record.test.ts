/** `banyan record` as a process, against a console with a recorder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startConsole } from '../../console/console.ts';
import { recorderRoutes } from '../../console/recorder-routes.ts';
import { silentLog } from '../../log.ts';
import { createRecorder, type Recorder } from '../../record/recorder.ts';
import { chatTable, shippedLikeFlags } from '../../test/support/chat-table.ts';
import { type FlagFolder, flagFolder } from '../../test/support/flag-folder.ts';

const root = join(import.meta.dirname, '../../..');
let at: FlagFolder;
let recorder: Recorder;
let folder: string;
let closing: (() => Promise<unknown>)[];

beforeEach(async () => {
  at = flagFolder(shippedLikeFlags);
  closing = [];
  folder = join(at.data, 'recordings');
  const store = await at.open();
  closing.push(() => store.close());
  recorder = createRecorder({ folder, spool: join(at.data, 'spool'), clock: Date, log: silentLog });
  const operator = await startConsole({
    host: '127.0.0.1',
    port: 0,
    dataFolder: at.data,
    flagFile: at.file,
    store,
    table: chatTable,
    application: 'test application',
    health: { ready: () => true },
    extensions: [recorderRoutes(recorder)],
    log: silentLog,
  });
  closing.push(() => operator.close());
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

function banyan(...args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number; out: string; err: string }>;
} {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, BANYAN_DATA: at.data, BANYAN_FLAGS: at.file, CONSOLE_PORT: '2' };
  const child = spawn(process.execPath, [join(root, 'bin/banyan.mjs'), 'record', ...args], { env });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return {
    child,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out, err }))),
  };
}

function exchange(): void {
  const head = { method: 'GET', target: '/', httpVersion: '1.1', rawHeaders: [], routeKey: 'GET /' };
  const tap = recorder.begin(head);
  tap.response({ status: 200, reason: 'OK', rawHeaders: [], backend: 'legacy' });
  tap.end();
}

const recording = () => vi.waitFor(() => expect(recorder.active).toBe(true), 10_000);

describe('banyan record NAME', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('records until %s, and says where the file is', async (signal) => {
    const { child, ended } = banyan('first-use');
    await recording();
    exchange();
    exchange();
    // A terminal and what lies between pass it on twice.
    child.kill(signal);
    child.kill(signal);
    const { code, out, err } = await ended;
    expect(err).toBe('');
    expect(out).toContain('Recording first-use: use the application now. Ctrl-C stops.');
    expect(out).toMatch(/recordings\/first-use\.har\n {2}2 exchanges\n/);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'first-use.har'), 'utf8')).log.entries).toHaveLength(2);
  });

  it('stops by itself after the time that it was given', async () => {
    const { ended } = banyan('timed', '--for', '500ms');
    await recording();
    exchange();
    expect(await ended).toMatchObject({ code: 0, err: '' });
    expect(existsSync(join(folder, 'timed.har'))).toBe(true);
  });

  it('leaves a detached recording to --stop, which names the file', async () => {
    expect(await banyan('later', '--detach').ended).toMatchObject({ code: 0 });
    exchange();
    expect(recorder.active).toBe(true);
    expect(await banyan('other', '--stop').ended).toMatchObject({
      code: 1,
      err: expect.stringContaining('"later", not "other"'),
    });
    const { code, out } = await banyan('--stop').ended;
    expect([code, out]).toEqual([0, expect.stringMatching(/later\.har/)]);
  });

  it('fails where nothing was recorded, and says what to look at', async () => {
    const { code, out } = await banyan('empty', '--for', '1ms').ended;
    expect([code, out]).toEqual([1, expect.stringContaining('did the traffic go through the gateway?')]);
  });

  it('does not replace a recording without --force', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'first-use.har'), '');
    const { code, err } = await banyan('first-use', '--detach').ended;
    expect([code, err]).toEqual([1, expect.stringContaining('--force')]);
    expect(await banyan('first-use', '--detach', '--force').ended).toMatchObject({ code: 0 });
  });

  it('ends with 2 where the command is wrong', async () => {
    const results = await Promise.all(
      [banyan(), banyan('../x'), banyan('x', '--for', 'ever')].map(({ ended }) => ended),
    );
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(recorder.active).toBe(false);
  });

  it('says that no gateway runs', async () => {
    for (const close of closing.splice(0).reverse()) await close();
    expect(await banyan('x').ended).toMatchObject({ code: 1, err: expect.stringContaining('npm start') });
  });
});
