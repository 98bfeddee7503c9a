/** The console's pages in a real browser. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { browserFlags, findBrowser } from '../../setup/browser.ts';
import { flagFolder } from '../flags/fixture.ts';
import type { FlagStore } from '../flags/store.ts';
import { silentLog } from '../log.ts';
import { type RunningConsole, startConsole } from './console.ts';

const executablePath = findBrowser();
const place = flagFolder(readFileSync(join(import.meta.dirname, '../../flags.yaml'), 'utf8'));

// Without a browser on the machine there is nothing to look with; CI has one.
describe.skipIf(!executablePath)('in a browser', () => {
  let browser: Browser;
  let page: Page;
  let store: FlagStore;
  let operator: RunningConsole;
  /** What the browser refuses (a policy, a missing file) is written to its console. */
  const complaints: string[] = [];

  beforeAll(async () => {
    store = await place.open();
    operator = await startConsole({
      host: '127.0.0.1',
      port: 0,
      dataFolder: place.data,
      flagFile: place.file,
      store,
      table: routeTable,
      application: 'test application',
      health: { ready: () => true },
      log: silentLog,
    });
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
