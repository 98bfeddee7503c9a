/** The command line as a process, against a running console and without one. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type RunningConsole, startConsole } from '@banyan/gateway/console/console.ts';
import type { FlagStore } from '@banyan/gateway/flags/store.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { type FlagFolder, flagFolder, until } from '@banyan/gateway/test/support/flag-folder.ts';
import { makeUnwritable } from '@banyan/gateway/test/support/unwritable.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApplication } from '../banyan.config.ts';
import { readSettings } from '../banyan.settings.ts';
import { routeTable } from '../contract/routes.ts';

const root = join(import.meta.dirname, '..');
// What is proven of the code at hand is not these tests' matter.
const committed = readFileSync(join(root, 'flags.yaml'), 'utf8').replace(
  'evidence: enforce',
  'evidence: warn',
);
const faulty = committed.replace('GET /api/health: legacy', 'GET /api/health: nwe');
const [faultLine = 0] = committed
  .split('\n')
  .flatMap((line, i) => (line.includes('GET /api/health: legacy') ? [i + 1] : []));

const { implemented } = createApplication(readSettings({}, '.'));
/** A row that the new backend cannot serve; none once it has them all. */
const lacking = routeKeys(routeTable).find((key) => !implemented.has(key));

let at: FlagFolder;
let closing: (() => Promise<unknown>)[];

beforeEach(() => {
  at = flagFolder(committed);
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

interface Result {
  code: number;
  out: string;
  err: string;
}

function banyan(
  args: string[],
  env: Record<string, string> = {},
  /** Nobody reads what it prints. */
  unread = false,
): Promise<Result> {
  const settings = {
    BANYAN_DATA: at.data,
    BANYAN_FLAGS: at.file,
    BANYAN_USER: 'ada',
    CONSOLE_PORT: '2',
    ...env,
  };
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(root, 'bin/banyan.mjs'), ...args], {
    env: { PATH, HOME, ...settings },
  });
  let out = '';
  let err = '';
  if (unread) child.stdout.destroy();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out, err })));
}

async function gateway(): Promise<{ store: FlagStore; operator: RunningConsole }> {
  const store = await at.open();
  closing.push(() => store.close());
  const operator = await startConsole({
    host: '127.0.0.1',
    port: 0,
    dataFolder: at.data,
    flagFile: at.file,
    store,
    table: routeTable,
    application: 'test application',
    health: { ready: () => true },
    log: silentLog,
  });
  closing.push(() => operator.close());
  return { store, operator };
}

const modeOf = (store: FlagStore, route: string) => store.current.routes.get(route)?.mode;

describe('with a gateway', () => {
  it('status is a table: route, serving, since, by; whole where it is not for a terminal', async () => {
    const { store } = await gateway();
    await store.change({
      target: 'health',
      mode: 'new',
      who: 'somebody with an uncommonly long name indeed',
      why: 'x',
    });
    const { code, out } = await banyan(['status']);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toContain('test application: the gateway is ready, epoch 1');
    expect(lines[2]).toMatch(/^ROUTE +SERVING +SINCE +BY +PHASE$/);
    expect(lines[3]).toMatch(
      /^GET \/api\/health +new +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +somebody with an uncommonly long name indeed +health$/,
    );
    expect(lines).toHaveLength(3 + 14);
    expect(out).not.toContain('…');
    expect(out).not.toContain('\u001b');
  });

  it('flips a route, quoted, as two words or by its phase, and is in force when it returns', async () => {
    const { store } = await gateway();
    const ways: [string[], string][] = [
      [['flip', 'GET /api/health', 'new'], 'new'],
      [['flip', 'GET', '/api/health', 'legacy', '--reason', 'two words'], 'legacy'],
      [['flip', 'health', 'new', '--reason', 'as a phase'], 'new'],
      [['rollback', 'get', '/api/health'], 'legacy'],
    ];
    for (const [args, mode] of ways) {
      const { code, out } = await banyan(args);
      expect([code, modeOf(store, 'GET /api/health')]).toEqual([0, mode]);
      expect(out).toMatch(/^GET \/api\/health +\w+ → \w+\nIn force \(epoch \d\)\.\n$/);
    }
    expect(at.audit().map(({ who, why, to }) => [who, why, to])).toEqual([
      ['ada', 'no reason given', 'new'],
      ['ada', 'two words', 'legacy'],
      ['ada', 'as a phase', 'new'],
      ['ada', 'no reason given', 'legacy'],
    ]);
    expect(at.read()).toBe(committed);
  });

  it('a flip to what is already says so, and is no fault', async () => {
    await gateway();
    const { code, out } = await banyan(['flip', 'health', 'legacy']);
    expect([code, out]).toEqual([0, 'health is legacy already; nothing has changed.\n']);
    expect((await banyan(['rollback'])).out).toBe('Every route is legacy already; nothing has changed.\n');
    expect(at.audit()).toEqual([]);
  });

  it('a faulty flag file is shown by status with line and column, refuses a flip, and can be restored', async () => {
    const { store } = await gateway();
    at.write(faulty);
    await until(store, () => store.faults.length > 0);
    const status = await banyan(['status']);
    expect(status.code).toBe(1);
    expect(status.out).toContain(`${faultLine}:20`);
    expect(status.out).toContain('`nwe` is not a mode; did you mean `new`?');
    const flip = await banyan(['flip', 'health', 'new']);
    expect(flip.code).toBe(1);
    expect(flip.err).toContain(`line ${faultLine}, column 20`);
    expect(flip.err).toContain('In a hurry: `npx banyan rollback`');
    expect(at.read()).toBe(faulty);
    const restored = await banyan(['rollback', '--restore']);
    expect([restored.code, restored.out]).toEqual([
      0,
      expect.stringContaining('last good text was put back'),
    ]);
    expect(at.read()).toBe(committed);
  });

  it('a flag file that cannot be written keeps no flip from force, and flip and status say which line to change', async () => {
    const { store } = await gateway();
    makeUnwritable(at.file);
    const before = at.read();
    const { code, out } = await banyan(['flip', 'health', 'new']);
    expect([code, modeOf(store, 'GET /api/health'), at.read()]).toEqual([0, 'new', before]);
    const line = before.split('\n').findIndex((text) => text.includes('GET /api/health:')) + 1;
    for (const shown of [out, (await banyan(['status'])).out]) {
      expect(shown).toMatch(
        /The flag file could not be written \(EISDIR: illegal operation on a directory\)/,
      );
      expect(shown).toContain('GET /api/health: new is in force, the file says legacy (ada, ');
      expect(shown).toMatch(
        new RegExp(`line ${line}\\n  - +GET /api/health: +legacy\\n  \\+ +GET /api/health: +new`),
      );
    }
    expect((await banyan(['history'])).out).toContain('the flag file could not be written: EISDIR');
  });

  it('history is a table, newest first, with the reason below', async () => {
    await gateway();
    await banyan(['flip', 'health', 'new', '--reason', 'first route']);
    await banyan(['rollback', '--reason', 'a reason of many words '.repeat(10)]);
    const { out } = await banyan(['history']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^TIME +ROUTE +CHANGE +WHO$/);
    expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}GET \/api\/health {2}new → legacy {2}ada$/);
    expect(lines[2]?.trim()).toMatch(/^a reason of many words/);
    expect(lines.at(-1)?.trim()).toBe('first route');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(JSON.parse((await banyan(['history', '--json', '--limit', '1'])).out)).toMatchObject([
      { to: 'legacy', who: 'ada', epoch: 2 },
    ]);
  });

  it('is found by the data folder, and by the port where the data folder is another one', async () => {
    const { operator } = await gateway();
    expect(JSON.parse((await banyan(['status', '--json'])).out)).toMatchObject({
      running: true,
      console: operator.url,
    });
    const elsewhere = { BANYAN_DATA: join(at.folder, 'elsewhere'), CONSOLE_PORT: new URL(operator.url).port };
    const refused = await banyan(['status'], elsewhere);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('CONSOLE_TOKEN');
    const allowed = await banyan(['status', '--json'], { ...elsewhere, CONSOLE_TOKEN: operator.token });
    expect(JSON.parse(allowed.out)).toMatchObject({ running: true, epoch: 0 });
  });

  it.each(['status', 'status --watch --json', 'history --json', 'flip --help'])(
    '%s ends quietly where nobody reads any more, as SIGPIPE ends a program',
    async (words) => {
      await gateway();
      const { code, err } = await banyan(words.split(' '), {}, true);
      expect([code, err]).toEqual([141, '']);
    },
  );

  it('two flips at once are both done', async () => {
    const { store } = await gateway();
    const results = await Promise.all([
      banyan(['flip', 'messages', 'new']),
      banyan(['flip', 'health', 'new']),
    ]);
    expect(results.map((result) => result.code)).toEqual([0, 0]);
    expect(modeOf(store, 'GET /api/health')).toBe('new');
    expect(modeOf(store, 'POST /api/chats/:chat_id/messages')).toBe('new');
  });
});

describe('without a gateway', () => {
  it('status says so, and shows what the file says', async () => {
    const { code, out } = await banyan(['status']);
    expect(code).toBe(0);
    expect(out).toContain('No gateway is running, so nothing is in force.');
    expect(out).toMatch(/GET \/api\/health +legacy +health/);
    expect(JSON.parse((await banyan(['status', '--json'])).out)).toMatchObject({
      running: false,
      faults: [],
    });
  });

  it('status shows every fault of the file, and exits with 1', async () => {
    at.write(`${faulty}shadow: 10%\n`);
    const { code, out } = await banyan(['status']);
    expect(code).toBe(1);
    expect(out).toContain('2 faults in');
    expect(out).toContain(`${faultLine}:20`);
    expect(out).toContain('`shadow` must be `{ sample: 25% }`');
  });

  it('a flip edits the file, is audited once, and is in force at the next start', async () => {
    const { code, out } = await banyan(['flip', 'health', 'new', '--reason', 'before the start']);
    expect(code).toBe(0);
    expect(out).toContain('No gateway is running');
    expect(at.read()).toBe(committed.replace('GET /api/health: legacy', 'GET /api/health: new'));
    const { store } = await gateway();
    expect(store.current.routes.get('GET /api/health')).toMatchObject({ mode: 'new', by: 'ada' });
    expect(at.audit()).toMatchObject([{ who: 'ada', why: 'before the start', how: 'command' }]);
    expect((await banyan(['history'])).out).toContain('before the start');
  });

  it('a dry run tells what the file can tell, names what it cannot, and writes nothing', async () => {
    const { code, out } = await banyan(['flip', 'health', 'new', '--dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/^GET \/api\/health +legacy → new\n/);
    expect(out.replace(/\s+/g, ' ')).toContain('None runs. So it is not known what each backend lacks');
    const final = await banyan(['flip', 'health', 'complete', '--dry-run', '--json']);
    expect([final.code, JSON.parse(final.out)]).toEqual([
      1,
      expect.objectContaining({ isRunning: false, isRefused: true }),
    ]);
    at.write(faulty);
    const back = await banyan(['rollback', '--dry-run']);
    expect([back.code, back.out]).toEqual([0, expect.stringContaining('`nwe` is not a mode')]);
    expect([at.read(), at.audit(), existsSync(at.data)]).toEqual([faulty, [], false]);
  });

  it('two flips at once are both done', async () => {
    const other = 'anything else: legacy';
    at.write(
      committed
        .replace('\n\n', `\n  ${other}\n\n`)
        .replace('GET /api/health: legacy', 'GET /api/health: new'),
    );
    const results = await Promise.all([
      banyan(['rollback', 'health']),
      banyan(['rollback', 'anything', 'else']),
      banyan(['rollback']),
    ]);
    expect(results.map((result) => result.code)).toEqual([0, 0, 0]);
    expect(at.audit().filter((entry) => entry.to === 'legacy')).toHaveLength(1);
    expect(at.read()).toContain('GET /api/health: legacy');
  });

  it('a missing flag file is said with what to do', async () => {
    const { code, err } = await banyan(['flip', 'health', 'new'], {
      BANYAN_FLAGS: join(at.folder, 'none.yaml'),
    });
    expect(code).toBe(1);
    expect(err).toContain('There is no flag file');
    expect(err).toContain('routes: {}');
  });

  it.skipIf(!lacking)('a route that the new backend does not have yet is refused', async () => {
    const { code, err } = await banyan(['flip', lacking ?? '', 'new']);
    expect(code).toBe(1);
    expect(err).toContain(`does not have ${lacking} yet`);
    expect(at.read()).toBe(committed);
  });
});

describe('something else at the port', () => {
  let foreign: Server;
  beforeEach(async () => {
    foreign = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => foreign.close(resolve)));
  });

  it('is not taken for a gateway, and gets no token', async () => {
    const authorized: unknown[] = [];
    foreign.on('request', (request) => authorized.push(request.headers.authorization));
    const port = String((foreign.address() as AddressInfo).port);
    const { code, err } = await banyan(['status'], {
      CONSOLE_PORT: port,
      CONSOLE_TOKEN: 'a token of sixteen or more',
    });
    expect(code).toBe(1);
    expect(err).toContain('is not the console of a gateway');
    expect(authorized).toEqual([undefined]);
  });
});

describe('written wrongly', () => {
  it.each([
    ['no command of that name', ['filp', 'health', 'new'], 'Did you mean flip?'],
    ['no mode', ['flip', 'health'], 'name a route or a phase, then the mode'],
    ['an unknown mode', ['flip', 'health', 'nwe'], 'did you mean `new`?'],
    ['a canary without its share', ['flip', 'health', 'canary'], 'A canary needs its share'],
    ['an unknown route', ['flip', 'GET', '/api/helth', 'new'], 'did you mean "GET /api/health"'],
    ['an unknown option', ['status', '--jsno'], 'Did you mean --json?'],
    ['no number', ['history', '--limit', 'all'], 'from 1 to 9999'],
  ])('%s: exit code 2, and what was meant', async (_what, args, message) => {
    const { code, err } = await banyan(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(at.read()).toBe(committed);
  });

  it('a setting that cannot be used is named, and --help works all the same', async () => {
    const wrong = await banyan(['status'], { CONSOLE_PORT: 'eighty' });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('CONSOLE_PORT must be a port')]);
    const help = await banyan(['--help'], { CONSOLE_PORT: 'eighty' });
    expect(help.code).toBe(0);
    for (const shown of ['status', 'flip', 'rollback', 'history', 'Exit codes:', 'Examples:'])
      expect(help.out).toContain(shown);
  });
});
