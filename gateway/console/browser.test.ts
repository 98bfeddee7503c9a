import { join } from 'node:path';
import { Hono } from 'hono';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFlags, findBrowser } from '../../tools/setup/browser.ts';
import { shownAlarm } from '../continuity/alarms/alarm.ts';
import type { FlagStore } from '../flags/store.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { openConsole, shippedFlags } from '../test/support/console.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import type { WaitingJob } from '../work.ts';
import type { RunningConsole } from './console.ts';
import { type OverviewOptions, overviewRoutes } from './overview.ts';
import type { ShownAnswers } from './shown-answer.ts';

const executablePath = findBrowser();
const place = flagFolder(shippedFlags);
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
  compared: () => [{ route: CHATS, matched: 900, accepted: 3, divergent: 2, failed: 0, notCompared: {} }],
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
  lackedByLegacy: async () => [
    { id: 'e', route: RENAME, keys: ['chat:6f9619ff'], settledAt: '', reason: 'legacy forgot it' },
    { id: 'f', route: RENAME, keys: ['chat:6f9619ff'], settledAt: '' },
    { id: 'g', route: CREATE, keys: ['chat:0b1c2d3e', 'list:chat'], settledAt: '' },
  ],
  work: async () => ({ queued: 2, processing: 1, oldest: 12, undelivered: 0, ownerless: 0 }),
  jobs: async () => [
    { ...job, filename: 'long.pdf', isProcessing: true, age: 12, attempt: 2, pagesDone: 7, pagesTotal: 90 },
    { ...job, filename: 'next.pdf', age: 4 },
  ],
};

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
    store = await place.open();
    const extensions = [
      overviewRoutes({ ...busy, store }),
      new Hono()
        .get('/divergences', (c) => c.json(divergences))
        .get('/divergences/read-1', (c) => c.json(answers))
        .get('/divergences/:id', (c) => c.json({ error: 'gone' }, 404))
        .post('/journal/retry', async (c) => {
          retried.push(((await c.req.json()) as { id: string }).id);
          return c.json({ tried: [] });
        }),
    ];
    const leaveBehind = async (routes: readonly string[]) => {
      left.push(routes.length);
      return { left: [], held: [] };
    };
    operator = await openConsole(place, store, { extensions, leaveBehind });
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
    await dialog.getByText('3 writes have still to be given').waitFor();
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
    await dialog
      .getByText(
        'Proven by the recordings. The backend that is to serve has every write. None of its writes is stuck.',
      )
      .waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('everything is rolled back at once, after the page has said what legacy serves without', async () => {
    await store.change({ target: 'read-only', mode: 'new', who: 'ada', why: 'test', force: true });
    await page.getByRole('button', { name: 'Roll back everything' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back everything' });
    await dialog.getByText('5 routes change').waitFor();
    await dialog.getByText('the flip waits for them').waitFor();
    await dialog.getByLabel('At once').check();
    await dialog.getByText('Legacy serves at once, without 3 writes').waitFor();
    const items = dialog.locator('ul.caution > li');
    expect(await items.allTextContents()).toEqual([
      `chat:6f9619ff${RENAME}: legacy forgot it${RENAME}`,
      `chat:0b1c2d3e${CREATE}`,
    ]);
    expect(await dialog.getByText('the flip waits for them').count()).toBe(0);
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
    await dialog.getByText('1 of them have an alarm').waitFor();
    await dialog.getByLabel('Flip it in spite of the alarm').check();
    await picture('alarm-flip');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('a phase says what is lacking before it is flipped, and Escape leaves everything as it is', async () => {
    const epoch = store.current.epoch;
    await page.getByRole('button', { name: 'Flip phase read-only' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('5 routes change').waitFor();
    await dialog.getByText('The recordings do not reach it.').waitFor();
    await dialog.getByText('1 of them lack evidence').waitFor();
    await dialog.getByLabel('Flip it without evidence').check();
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
