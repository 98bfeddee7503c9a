import { join } from 'node:path';
import { Hono } from 'hono';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFlags, findBrowser } from '../../tools/setup/browser.ts';
import { shownAlarm } from '../continuity/alarms/alarm.ts';
import type { DiffState } from '../continuity/diff/diffs.ts';
import type { LackedWrite } from '../continuity/journal/lacked-writes.ts';
import type { FlagStore } from '../flags/store.ts';
import { chatTable, shippedLikeFlags } from '../test/support/chat-table.ts';
import { openConsole } from '../test/support/console.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import type { WaitingJob } from '../work.ts';
import type { RunningConsole } from './console.ts';
import type { ComparedKey } from './diff-routes.ts';
import { type OverviewOptions, overviewRoutes } from './overview.ts';
import { previewRoutes } from './preview-routes.ts';
import type { ShownAnswers } from './shown-answer.ts';

const executablePath = findBrowser();
const place = flagFolder(shippedLikeFlags);
const HEALTH = 'GET /api/health';
const CHATS = 'GET /api/chats';
const RENAME = 'PUT /api/chats/:chat_id/rename';
const UPLOAD = 'POST /api/chats/:chat_id/upload-pdf';
const CREATE = 'POST /api/chats';

/** What the two answered differently: a read, and a write that was replayed. */
const divergences = {
  compared: [],
  reads: [
    {
      id: 'read-1',
      time: '2026-01-31T09:15:00.000Z',
      route: CHATS,
      differences: [{ place: 'body $[0].title', kind: 'value', left: 'Häuser', right: '<b>Hauser</b>' }],
    },
  ],
  writes: [
    {
      id: '0f1e2d3c',
      time: '2026-01-31T10:15:00.000Z',
      route: RENAME,
      differences: [{ place: 'body $.message', kind: 'value', left: 'renamed', right: 'Renamed' }],
    },
  ],
};

const titles = [
  { route: CHATS, place: 'body $[0].title', kind: 'value' as const, left: 'Häuser', right: '<b>Hauser</b>' },
];

/** What a diff of both backends has found. */
const diff: DiffState = {
  running: null,
  last: {
    started: '2026-01-31T09:15:00.000Z',
    ended: '2026-01-31T09:16:00.000Z',
    outcome: 'different',
    counts: { compared: 120, equal: 118, different: 1, legacyLacks: 0, disturbed: 1, unavailable: 0 },
    kinds: [],
    different: [{ key: 'chat:6f9619ff', differences: titles, more: 0 }],
    legacyLacks: [],
    undecided: [{ key: 'chat:busy', reason: 'it is being written to' }],
  },
  sampled: { perMinute: 12, counts: { equal: 0, different: 0, disturbed: 0, unavailable: 0 }, different: [] },
  lastClean: null,
  obstacle: 'The last diff found differences in 1 keys.',
};

/** Of the read: whole answers. */
const answers: ShownAnswers = {
  legacy: {
    status: 200,
    reason: 'OK',
    cut: false,
    headers: [
      ['Content-Type', 'application/json'],
      ['Date', 'Sat, 31 Jan 2026 09:15:00 GMT'],
    ],
    body: '[\n  {\n    "id": "6f9619ff",\n    "title": "Häuser"\n  }\n]\n',
  },
  new: {
    status: 200,
    reason: 'OK',
    cut: false,
    headers: [
      ['Content-Type', 'application/json'],
      ['Date', 'Sat, 31 Jan 2026 09:15:01 GMT'],
    ],
    body: '[\n  {\n    "id": "6f9619ff",\n    "title": "<b>Hauser</b>"\n  }\n]\n',
  },
};

const comparedKey: Omit<ComparedKey, 'key'> = {
  outcome: 'different',
  reason: null,
  differences: titles,
  legacyLacks: [],
  answers: [{ route: CHATS, ...answers }],
};

const job: WaitingJob = {
  id: '7c9e6679',
  filename: '',
  isProcessing: false,
  age: 0,
  attempt: 0,
  pagesDone: 0,
  pagesTotal: null,
};

/** What a busy night looks like. */
const busy: Omit<OverviewOptions, 'store'> = {
  application: 'test application',
  flagFile: place.file,
  table: chatTable,
  ready: () => true,
  traffic: (route) =>
    route === CHATS
      ? {
          legacy: { rate: 40, errors: 0, p50: 9, p99: 41 },
          new: { rate: 4, errors: 0.02, p50: 3, p99: 1200 },
        }
      : {},
  asked: (route) => (route === RENAME ? { rate: 2, errors: 0.5, p50: 7, p99: 30 } : undefined),
  compared: () => [
    { route: CHATS, matched: 900, accepted: 3, divergent: 2, failed: 0, notCompared: { busy: 7 } },
  ],
  blocked: () => [
    {
      route: RENAME,
      breach: '9 of 20 answers bad',
      reason: 'It is complete.',
      since: '2026-01-31T09:15:00.000Z',
    },
  ],
  divergences: () => [],
  alarms: () => [
    shownAlarm({
      route: CREATE,
      code: 'unsupported_id',
      count: 12,
      kinds: ['chat'],
      madeBy: ['legacy'],
      since: '2026-01-31T09:15:00.000Z',
      last: '2026-01-31T10:15:00.000Z',
      declared: '',
      example: 'legacy: $.id should be a uuid4 and is the number 17',
    }),
  ],
  alarmed: (route) => (route === CREATE ? 'there is an alarm since 2026-01-31.' : undefined),
  lacking: (route) => (route === CHATS ? 'The recordings do not reach it.' : undefined),
  journal: async () => ({
    entries: 1200,
    bytes: 8192,
    bodies: { files: 2, bytes: 3 * 1024 ** 2, most: 10 * 1024 ** 3 },
    lag: { legacy: 3, new: 0 },
    oldest: 4,
    underWay: 1,
    doubt: 0,
    divergent: 0,
    doubtful: [],
    conflicts: [
      {
        key: 'chat:7d6e',
        id: 'c',
        owner: 'new' as const,
        since: '2026-01-31T10:15:00.000Z',
        reason: 'it was deleted on legacy, and clients wrote to it at about the same time',
        differences: [],
        kept: null,
      },
    ],
    waiting: [
      {
        id: 'w',
        route: UPLOAD,
        side: 'new',
        keys: ['chat:0b1c2d3e', 'job:9a8b'],
        behind: 1,
        on: 'legacy',
        work: 'job:9a8b',
        since: '2026-01-31T09:15:00.000Z',
        until: null,
      },
    ],
    pinned: [
      {
        id: 'e',
        route: CHATS,
        side: 'new',
        keys: ['chat:6f9619ff'],
        behind: 2,
        reason: 'legacy forgot its documents',
      },
    ],
  }),
  work: async () => ({ queued: 2, processing: 1, oldest: 12, undelivered: 0, ownerless: 0 }),
  jobs: async () => [
    { ...job, filename: 'long.pdf', isProcessing: true, age: 12, attempt: 2, pagesDone: 7, pagesTotal: 90 },
    { ...job, filename: 'next.pdf', age: 4 },
  ],
};

const lacked: LackedWrite = {
  id: 'e',
  route: RENAME,
  keys: ['chat:6f9619ff'],
  state: 'stuck',
  since: '2026-01-31T09:15:00.000Z',
};
/** What legacy lacks; the new backend lacks nothing. */
const lackedByLegacy: LackedWrite[] = [
  { ...lacked, reason: 'legacy forgot it' },
  { ...lacked, id: 'f', state: 'behind' },
  { ...lacked, id: 'g', route: CREATE, keys: ['chat:0b1c2d3e', 'list:chat'], state: 'owed' },
];

// Without a browser on the machine there is nothing to look with; CI has one.
describe.skipIf(!executablePath)('in a browser', () => {
  let browser: Browser;
  let page: Page;
  let store: FlagStore;
  let operator: RunningConsole;
  /** How many routes legacy was left behind on, at each rollback at once. */
  const left: number[] = [];
  /** Entries that were to be tried again. */
  const retried: string[] = [];
  /** What the browser refuses (a policy, a missing file) is written to its console. */
  const complaints: string[] = [];

  beforeAll(async () => {
    store = await place.open({
      lacking: busy.lacking,
      alarmed: busy.alarmed,
    });
    const extensions = [
      overviewRoutes({ ...busy, store }),
      previewRoutes(() => ({
        table: chatTable,
        plan: (asked) => store.plan(asked),
        faults: store.faults,
        isRunning: true,
        lackedBy: async (side) => (side === 'legacy' ? lackedByLegacy : []),
        compared: busy.compared,
      })),
      new Hono()
        .get('/diff', (c) => c.json<DiffState>(diff))
        .post('/diff', (c) => {
          diff.running = { started: '', stage: 'comparing', done: 30, total: 120, different: 1 };
          return c.json({ running: diff.running });
        })
        .get('/diff/keys/:key', (c) => c.json<ComparedKey>({ ...comparedKey, key: c.req.param('key') }))
        .get('/divergences', (c) => c.json(divergences))
        .get('/divergences/read-1', (c) => c.json(answers))
        .get('/divergences/:id', (c) => c.json({ error: 'gone' }, 404))
        .post('/journal/retry', async (c) => {
          retried.push(((await c.req.json()) as { id: string }).id);
          return c.json({ tried: [] });
        }),
    ];
    const atOnce = async (routes: readonly string[]) => {
      left.push(routes.length);
      return { lacks: [], held: [], lost: [] };
    };
    operator = await openConsole(place, store, { extensions, atOnce });
    browser = await chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      args: [...browserFlags],
    });
    page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await operator?.close();
    await store?.close();
  });

  /** To be looked at by a person, where a folder is named for them. */
  const picture = async (name: string) => {
    const pictures = process.env.BANYAN_PICTURES;
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };

  it('a person signs in with the token, and not with another one', async () => {
    await page.goto(operator.url);
    await page.fill('input[name=token]', 'not the token');
    await page.click('button');
    await page.getByText('That is not the token.').waitFor();
    await page.fill('input[name=token]', operator.token);
    await page.click('button');
    await page.getByRole('heading', { name: 'Routes' }).waitFor();
    expect(new URL(page.url()).search).toBe('');
    expect(complaints.splice(0).every((complaint) => complaint.includes('401'))).toBe(true);
  });

  it('the status page follows a flip by itself, and shows its reason as text', async () => {
    const row = page.locator('#routes tr', { has: page.getByText('GET /api/health', { exact: true }) });
    await row.getByText('legacy').waitFor();
    await store.change({
      target: 'GET /api/health',
      mode: 'new',
      who: 'ada',
      why: '<img src=x onerror=alert(1)>',
    });
    await row.getByText('new', { exact: true }).waitFor();
    await page.locator('#history').getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(await page.locator('#routes tr').count()).toBe(14);
    expect(complaints).toEqual([]);
  });

  it('the status page shows faults of the flag file with line and column, and their end', async () => {
    const good = place.read();
    place.write(good.replace('GET /api/health: new', 'GET /api/health: nwe'));
    const fault = page.locator('#faults li');
    await fault.waitFor();
    expect(await fault.textContent()).toMatch(/^\d+:20 `nwe` is not a mode; did you mean `new`\?$/);
    place.write(good);
    await fault.waitFor({ state: 'detached' });
  });

  it('shows traffic of both backends, what is lacking, lag, what is stuck, uploads, and divergences of reads and of writes with both sides', async () => {
    const row = page.locator('#routes tr', { has: page.getByText(CHATS, { exact: true }) });
    const cells = await row.locator('td').allTextContents();
    expect(cells.slice(2, 10)).toEqual([
      ...['40.0', '0.0 %', '9 ms / 41 ms'],
      ...['4.0', '2.0 %', '3 ms / 1.2 s'],
      ...['2 of 905', 'lacking'],
    ]);
    // New was asked beside legacy: nobody had its answers.
    const besides = page.locator('#routes tr', { has: page.getByText(RENAME, { exact: true }) });
    expect(await besides.locator('td .asked').allTextContents()).toEqual(['2.0', '50.0 %', '7 ms / 30 ms']);
    await page.getByText('errors up to 2.0 % · 0 divergences · p95 3 × legacy').waitFor();
    await page.getByText('3 writes for legacy, 0 for the new backend, the oldest for 4 s.').waitFor();
    await page
      .getByText(
        'waits until legacy shows the end of job:9a8b, for as long as legacy says that it goes on (1 behind it)',
      )
      .waitFor();
    await page.getByText('stays with the new backend: legacy forgot its documents (2 behind it)').waitFor();
    await page.getByText('2 queued, 1 worked on; the oldest for 12 s.').waitFor();
    expect(await page.locator('#work li').allTextContents()).toEqual([
      'long.pdf is worked on, page 7 of 90, taken 12.0 s ago, attempt 2',
      'next.pdf waits, taken 4.0 s ago',
    ]);
    const [write, read] = await page.locator('#divergences summary').all();
    await read?.click();
    await page.getByRole('cell', { name: '<b>Hauser</b>' }).waitFor();
    for (const [side, marked] of [
      ['legacy', '"title": "Häuser"'],
      ['new', '"title": "<b>Hauser</b>"'],
    ]) {
      const whole = page.getByRole('region', { name: `Answer of ${side}` });
      await whole.getByText('Content-Type: application/json').waitFor();
      expect((await whole.locator('mark').allTextContents()).map((text) => text.trim())).toEqual([marked]);
    }
    await write?.click();
    const opened = page.locator('#divergences details', { hasText: 'write 0f1e2d3c' });
    await opened.getByText('The answers are not kept any more.').waitFor();
    const sides = opened.locator('td');
    expect(await sides.allTextContents()).toEqual(['body $.message', 'renamed', 'Renamed']);
    expect(await page.locator('#phases progress').first().getAttribute('aria-label')).toMatch(
      /^health: 1 of 1/,
    );
    expect(await page.locator('#whole span').textContent()).toBe('1 of 14 routes on the new backend');
    expect(await page.locator('#whole progress').count()).toBe(6);
    // The browser tells of what is not kept any more.
    expect(complaints.splice(0).filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });

  it('shows what a diff found side by side, compares one chat anew, and begins another diff', async () => {
    const section = page.locator('#diff');
    await section.getByText('120 compared, 118 equal, 1 different, 1 not decided.').waitFor();
    await section.getByText('chat:busy: it is being written to').waitFor();
    await section.getByText('The last diff found differences in 1 keys.').waitFor();
    await section.locator('summary', { hasText: 'chat:6f9619ff' }).click();
    expect(await section.locator('td').allTextContents()).toEqual([
      `${CHATS}: body $[0].title`,
      ...['Häuser', '<b>Hauser</b>'],
    ]);
    await section.getByRole('button', { name: 'Compare chat:6f9619ff now' }).click();
    await section.getByRole('region', { name: 'Answer of new' }).getByText('<b>Hauser</b>').waitFor();
    await section.getByRole('button', { name: 'Compare everything' }).click();
    await section.locator('span', { hasText: '30 of 120' }).waitFor();
    await section.getByRole('button', { name: 'End it' }).waitFor();
    diff.running = null;
    await section.getByRole('button', { name: 'Compare everything' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows what a guard has done and cannot do, what was not compared, and the lines to change in a flag file that cannot be written', async () => {
    const writable = makeUnwritable(place.file);
    const route = 'GET /api/health';
    await store.rollback({ target: route, who: 'guard', why: '9 of 20 answers bad', how: 'guard' });
    const faults = page.locator('#faults');
    await faults.getByText('The flag file could not be written').waitFor();
    const said = await faults.textContent();
    expect(said).toContain(`The guard of ${RENAME} cannot actIt is complete.`);
    expect(said).toContain(`The guard of ${route} has rolled it back`);
    expect(said).toMatch(/line \d+: GET \/api\/health: +legacy/);
    expect(await page.locator('#not-compared').textContent()).toBe(
      `${CHATS} 7 of 912 not compared:7, because as many reads as may be compared at once were being compared`,
    );
    writable();
    await store.change({ target: route, mode: 'new', who: 'ada', why: 'mended', force: true });
    await faults.getByText('The flag file could not be written').waitFor({ state: 'detached' });
  });

  it('what is stuck is tried again by a click', async () => {
    await page.getByRole('button', { name: `Try again ${CHATS} e` }).click();
    await expect.poll(() => retried).toEqual(['e']);
  });

  it('a phase in part is drawn as far as it is', async () => {
    await store.change({ target: 'messages', mode: 'canary:50%', who: 'ada', why: 'half', force: true });
    const bar = page.locator('#phases progress[aria-label^="messages"]');
    await page.getByText('0 of 1, 50 %').waitFor();
    expect(await bar.evaluate((node) => (node as HTMLProgressElement).value)).toBe(0.5);
    await store.rollback({ target: 'messages', who: 'ada', why: 'back' });
  });

  it('a route is flipped by keyboard alone, after the page has said what will happen', async () => {
    await page.getByRole('button', { name: `Change ${HEALTH}` }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: `Change ${HEALTH}` });
    await dialog.getByText('One route changes, in force at once:').waitFor();
    await dialog.getByText('new → legacy').waitFor();
    await dialog.getByLabel('Reason').focus();
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.locator('#history').getByText('by hand').waitFor();
    expect(store.current.routes.get(HEALTH)?.mode).toBe('legacy');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      `Change ${HEALTH}`,
    );
  });

  it('where nothing stands in the way, the page says so too', async () => {
    await page.getByRole('button', { name: `Change ${RENAME}` }).click();
    const dialog = page.getByRole('dialog', { name: `Change ${RENAME}` });
    await dialog.getByLabel('Mode').selectOption('new');
    await dialog.getByText('legacy → new').waitFor();
    for (const well of [
      'The recordings prove what changes',
      'has every write of these routes',
      'No write is stuck',
    ])
      await dialog.getByText(well).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('everything is rolled back at once, after the page has said what legacy serves without', async () => {
    await store.change({ target: 'read-only', mode: 'new', who: 'ada', why: 'test', force: true });
    await page.getByRole('button', { name: 'Roll back everything' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back everything' });
    await dialog.getByText('5 routes change').waitFor();
    await dialog.getByText('1 write has still to be given to legacy').waitFor();
    await dialog.getByText('1 key stays on the new backend until then').waitFor();
    await dialog.getByLabel('At once').check();
    await dialog.getByText('Legacy serves at once, without 3 writes').waitFor();
    const items = dialog.locator('ul.caution > li');
    const since = 'since 2026-01-31 09:15:00 UTC';
    expect(await items.allTextContents()).toEqual([
      `chat:6f9619ff${RENAME}, ${since} (entry e): legacy forgot it${RENAME}, ${since}: it waits behind a write that is stuck`,
      `chat:0b1c2d3e${CREATE}, ${since}`,
    ]);
    expect(await dialog.getByText('still to be given').count()).toBe(0);
    await picture('rollback-1280-light');
    await page.setViewportSize({ width: 390, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('rollback-390-dark');
    const { x = 0, width = 0 } = (await dialog.boundingBox()) ?? {};
    expect([x >= 0, x + width <= 390]).toEqual([true, true]);
    expect(await dialog.getByLabel('Mode').isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(store.current.routes.get(CHATS)?.mode).toBe('legacy');
    expect(left).toEqual([14]);
  });

  it('shows an alarm with its example and what to do, and asks for force before a flip in spite of it', async () => {
    const alarm = page.locator('#alarms .fault');
    expect(await alarm.textContent()).toMatch(
      new RegExp(`^Alarm on ${CREATE}.*seen 12 times.*is the number 17.*Leave the route on legacy`),
    );
    await page.getByRole('button', { name: `Change ${CREATE}`, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('there is an alarm since 2026-01-31.').waitFor();
    await dialog.getByText('1 route has an alarm').waitFor();
    await dialog.getByLabel('Flip it all the same').check();
    await picture('alarm-flip');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('a flip that has no way back says so, and wants a yes and a reason', async () => {
    await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'test' });
    await page.getByRole('button', { name: `Change ${HEALTH}`, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Mode').selectOption('complete');
    await dialog.getByText('until a write to the same data is complete').waitFor();
    const flip = dialog.getByRole('button', { name: 'Flip', exact: true });
    expect(await flip.isDisabled()).toBe(true);
    await dialog.getByLabel('I know that there is no way back').check();
    await page.waitForFunction(() => !document.querySelector('#flip-do:disabled'));
    await picture('complete-flip');
    await flip.click();
    await dialog.getByText('A flip that has no way back needs a reason.').waitFor();
    expect(store.current.routes.get(HEALTH)?.mode).toBe('new');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await store.rollback({ target: 'health', who: 'ada', why: 'back' });
  });

  it('a phase says what is lacking before it is flipped, and Escape leaves everything as it is', async () => {
    const epoch = store.current.epoch;
    await page.getByRole('button', { name: 'Flip phase read-only' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('5 routes change').waitFor();
    await dialog.getByText('The recordings do not reach it.').waitFor();
    await dialog.getByText('1 route lacks evidence').waitFor();
    await dialog.getByLabel('Flip it all the same').check();
    await dialog.getByRole('button', { name: 'Flip', exact: true }).click();
    await dialog.getByText('A forced flip needs a reason.').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(store.current.epoch).toBe(epoch);
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('everything fits at %d pixels, %s', async (width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction((expected) => innerWidth === expected, width);
    const wider = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter(
          (node) => node.getClientRects().length > 0 && node.getBoundingClientRect().right > innerWidth + 1,
        )
        .map((node) => node.outerHTML.slice(0, 80)),
    );
    expect(wider).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    const [ink, ground] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.color, style.backgroundColor];
    });
    expect(ink === 'rgb(28, 36, 32)').toBe(colorScheme === 'light');
    expect(ground === 'rgb(251, 252, 251)').toBe(colorScheme === 'light');
    await picture(`${width}-${colorScheme}`);
  });

  it('the documentation shows every route, from this machine alone', async () => {
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(`${operator.url}/docs`);
    await page.locator('.opblock').nth(12).waitFor();
    expect(await page.locator('.opblock').count()).toBe(13);
    await page.getByText('Ask a question; the answer draws on the PDFs of the chat').click();
    await page.getByText('The reply and its sources').waitFor();
    hosts.delete('');
    expect([...hosts]).toEqual([new URL(operator.url).host]);
    expect(complaints).toEqual([]);
  });
});
