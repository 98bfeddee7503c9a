/** The report in a real browser: what somebody who has never seen one finds on it, wide and narrow, by day and by night. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { localTime } from '@banyan/route-table/local-time.ts';
import { findingsOf } from '@banyan/suite/report/findings.ts';
import { htmlReport } from '@banyan/suite/report/html.ts';
import { standingsOf } from '@banyan/suite/report/standing.ts';
import { resultOf } from '@banyan/suite/result.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import { startAlteringProxy, withBody, withHeader } from '@banyan/suite/testing/altering-proxy.ts';
import { recordingOf } from '@banyan/suite/testing/recording.ts';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFlags, ensureBrowser } from '../../tools/setup/browser.ts';
import { startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

let folder: string;
let browser: Browser;
let url: string;

const jsonOf = ({ body }: { body: Uint8Array }) => JSON.parse(Buffer.from(body).toString()) as { id: string };

/** An application that forgets the end of a text and a header, seen through the whole suite. */
async function report(): Promise<string> {
  const recorded = await startNotesApp();
  const recording = await recordingOf(notesTable, recorded.url, async (ask) => {
    const { id } = jsonOf(await ask('POST', '/notes', { text: 'water <b>the fig</b>' }));
    await ask('GET', `/notes/${id}`);
    await ask('GET', '/notes');
    await ask('GET', '/<script>alert(1)</script>');
  });
  await recorded.close();
  const start = async (): Promise<RunningBackend> => ({ ...(await startNotesApp()), clock: localTime });
  const outcomes = await runSuite({
    table: notesTable,
    recordings: [recording],
    rules: [],
    today: '2026-01-31',
    startLegacy: start,
    async startNew() {
      const app = await start();
      const proxy = await startAlteringProxy(app.url, (answer, { target }) => {
        if (target === '/notes') return withBody(answer, (text) => text.replace('fig</b>', 'fig'));
        return target.startsWith('/notes/') ? withHeader(answer, 'Vary', () => undefined) : answer;
      });
      const close = () => Promise.all([proxy.close(), app.close()]).then(() => {});
      return { ...app, url: proxy.url, close };
    },
  });
  const result = resultOf({
    table: notesTable,
    rules: [],
    today: '2026-01-31',
    outcomes,
    implemented: undefined,
  });
  const [first, ...others] = findingsOf(outcomes.flatMap(({ compared }) => compared));
  if (!first) return expect.fail('nothing was found');
  const standings = standingsOf(result, true, undefined);
  const findings = [{ ...first, shortest: [1] }, ...others];
  return htmlReport({ result, findings, standings, when: 'a Saturday', same: '--retired a-quirk' });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-report-'));
  const file = join(folder, 'report.html');
  await writeFile(file, await report());
  url = pathToFileURL(file).href;
  const executablePath = ensureBrowser((line) => console.error(line));
  if (!executablePath)
    throw new Error('These tests need a browser: install Chromium, or name one in CHROME_BIN.');
  browser = await chromium.launch({ args: [...browserFlags], executablePath });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const looks = [
  { name: 'a desk, by day', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'a desk, by night', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'a phone, by day', width: 390, height: 844, colorScheme: 'light' },
  { name: 'a phone, by night', width: 390, height: 844, colorScheme: 'dark' },
] as const;

describe.each(looks)('on $name', ({ width, height, colorScheme }) => {
  let page: Page;
  const asked: string[] = [];
  beforeAll(async () => {
    page = await browser.newPage({ viewport: { width, height }, colorScheme });
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', (dialog) => expect.fail(dialog.message()));
    await page.goto(url);
  });
  afterAll(() => page.close());

  it('shows the first difference without scrolling: request, place, and both values', async () => {
    const finding = page.locator('.finding').first();
    expect(await finding.locator('summary').innerText()).toContain('POST /notes');
    const row = finding.locator('.differences tbody tr').first();
    expect(await row.innerText()).toContain('body $.text');
    expect(await row.innerText()).toContain('water <b>the fig</b>');
    const box = await row.boundingBox();
    expect((box?.y ?? height) + (box?.height ?? 0)).toBeLessThan(height);
  });

  it('marks in the two answers what differs, and nothing else', async () => {
    const marks = page.locator('.finding').first().locator('mark');
    // The length of the body goes with its text.
    expect((await marks.allInnerTexts()).filter((text) => /\D/.test(text))).toEqual(['</b>']);
    for (const mark of await marks.all())
      if (await mark.innerText()) expect(await contrast(mark)).toBeGreaterThan(4.5);
  });

  it('has the request as it was sent, and the command that replays just that', async () => {
    const finding = page.locator('.finding').first();
    expect(await finding.locator('.sent').innerText()).toContain('{"text":"water <b>the fig</b>"}');
    expect(await finding.locator('.command').innerText()).toBe(
      'npm run contract -- --recording test --only 1 --retired a-quirk',
    );
  });

  it('is not wider than the screen, and asks nobody for anything', async () => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(asked).toEqual([url]);
  });

  it('tells of each route how it stands', async () => {
    const row = (route: string) => page.locator('.routes tbody tr', { hasText: route }).first();
    expect(await row('POST /notes').locator('.state').innerText()).toBe('divergent');
    expect(await row('GET /files/:job').locator('.state').innerText()).toBe('uncovered');
    expect(await row('anything else').locator('.state').innerText()).toBe('green');
  });
});

/** Of a text on what is behind it (WCAG 2.2). */
function contrast(element: ReturnType<Page['locator']>): Promise<number> {
  return element.evaluate((node) => {
    const light = (colour: string) => {
      const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => Number(part) / 255);
      const [r = 0, g = 0, b = 0] = parts.map((c) =>
        c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { color, backgroundColor } = getComputedStyle(node);
    const [low = 0, high = 0] = [light(color), light(backgroundColor)].toSorted((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}
