import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { pdf } from '../../legacy/test/support/pdf.ts';
import { browserFlags, ensureBrowser } from '../../tools/setup/browser.ts';
import { type Stage, setStage } from './test/stage.ts';

// Several tests wait for the page's own polls, five seconds apart, beside whatever else the machine does.
vi.setConfig({ testTimeout: 90_000 });
const PATIENCE = 30_000;

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  const executablePath = ensureBrowser((line) => console.error(line));
  if (!executablePath)
    throw new Error('These tests need a browser: install Chromium, or name one in CHROME_BIN.');
  [stage, browser] = await Promise.all([
    setStage(),
    chromium.launch({ executablePath, args: [...browserFlags] }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

interface Opened {
  page: Page;
  /** Method and path of everything that the page asked for. */
  asked: string[];
  /** What only a script that came in with data could do, and faults of the page itself. */
  alarms: string[];
}

async function openPage(width = 1280): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const asked: string[] = [];
  const alarms: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  page.on('pageerror', (error) => alarms.push(error.message));
  page.on('dialog', (dialog) => alarms.push(`dialog: ${dialog.message()}`));
  await page.goto(stage.page);
  return { page, asked, alarms };
}

/** Starts a chat of its own for a test, named so that no other test's is meant. */
async function startChat(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'New chat', exact: true }).click();
  await page.getByRole('heading', { name: /^New Chat \d+$/ }).waitFor();
  await rename(page, title);
}

async function rename(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill(title);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

const add = (page: Page, name: string, buffer: Buffer) =>
  page.locator('#file').setInputFiles({ name, mimeType: 'application/pdf', buffer });

const listed = (page: Page, name: string) =>
  page.getByRole('button', { name: `Remove ${name}`, exact: true });

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

const manual = pdf(
  'The warranty of the pump lasts 24 months from the day of delivery.',
  'Wear gloves when you change the filter. Dr. Amara Oyelaran wrote this manual in Lagos.',
);

test('a person starts a chat, uploads a PDF, asks, and reads the answer with the pages it comes from', async () => {
  const { page, asked, alarms } = await openPage();
  await startChat(page, 'Pumps');
  await add(page, 'Pump manual.pdf', manual);
  await listed(page, 'Pump manual.pdf').waitFor();
  await ask(page, 'Who wrote the manual?');

  const answer = page.locator('#messages > li.bot').last();
  await answer.getByText('Dr. Amara Oyelaran wrote this manual in Lagos.').first().waitFor();
  expect(await page.locator('#messages > li.user').last().innerText()).toContain('Who wrote the manual?');
  const cited = await answer.getByRole('button', { name: /^\[Source \d\]$/ }).innerText();
  await answer.getByRole('button', { name: cited }).click();
  const source = answer.locator('details[open] details[open]');
  expect(await source.locator('summary').innerText()).toMatch(/Pump manual\.pdf\s+Page 2/);
  expect(await source.locator('blockquote').innerText()).toBe(
    'Wear gloves when you change the filter. Dr. Amara Oyelaran wrote this manual in Lagos.',
  );
  await page.getByText('2 messages · 1 PDF').waitFor();

  await page.reload();
  await page.getByRole('heading', { name: 'Pumps' }).waitFor();
  await page.getByText('Who wrote the manual?').waitFor();
  await listed(page, 'Pump manual.pdf').waitFor();
  expect(alarms).toEqual([]);
  expect(asked.filter((request) => !isPublic(request))).toEqual([]);
});

/** The page's own files, and what the route table has. */
function isPublic(request: string): boolean {
  if (/^GET \/chat(\/[\w.-]+)?$/.test(request)) return true;
  return routeTable.routes.some(({ method, path }) =>
    new RegExp(`^${method} ${path.replace(/:\w+/g, '[^/]+')}$`).test(request),
  );
}

test('the stand-in is called a stand-in, below the question and in its answers', async () => {
  const { page } = await openPage();
  await startChat(page, 'Who are you');
  await page.getByText('Answers come from a built-in stand-in, which is not a language model.').waitFor();
  await ask(page, 'Hello');
  const answer = page.locator('#messages > li.bot').last();
  await answer.getByText('No language model is configured').waitFor();
  expect(await answer.locator('.badge').innerText()).toBe('stand-in model');
});

test('a chat is deleted after a person has agreed, and not before', async () => {
  const { page } = await openPage();
  await startChat(page, 'Short-lived');
  const item = page.locator('#chats').getByText('Short-lived');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByText('Delete “Short-lived”?').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await item.count()).toBe(1);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await item.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Ask your PDFs' }).waitFor();
});

test('an empty title is refused in the API’s words, and the old one is kept', async () => {
  const { page } = await openPage();
  await startChat(page, 'Kept');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill('   ');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Title cannot be empty').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Kept' }).waitFor();
  expect(await page.getByText('Title cannot be empty').count()).toBe(0);
});

test('markup in titles, file names, questions and PDFs stays text', async () => {
  const { page, alarms } = await openPage();
  const markup = '<img src=x onerror=alert(1)>';
  await startChat(page, `Title ${markup}`);
  await add(page, `${markup}.pdf`, pdf(`The password of the ${markup} vault is heron.`));
  await listed(page, `${markup}.pdf`).waitFor();
  await ask(page, `What is the password of the vault? ${markup}`);
  const answer = page.locator('#messages > li.bot').last();
  await answer.locator('.sources > summary').click();
  await answer.locator('.sources li summary').first().click();
  await answer.locator('blockquote').getByText('vault is heron').waitFor();
  expect(await page.locator('#messages > li.user').last().innerText()).toContain(markup);
  expect(await page.locator('#pdfs .name').innerText()).toBe(`${markup}.pdf`);
  expect(await page.locator('img:not([src="/chat/icon.svg"]), main script').count()).toBe(0);
  expect(alarms).toEqual([]);
});

test('HTML that is set by mistake is refused by the page’s policy', async () => {
  const { page } = await openPage();
  const setHtml = page.evaluate(() => {
    document.body.innerHTML = '<b>x</b>';
  });
  await expect(setHtml).rejects.toThrow('TrustedHTML');
});

test('a new chat leaves whoever gives it a title meanwhile to it', async () => {
  const { page } = await openPage();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/api/chats', async (route) => {
    if (route.request().method() === 'GET') await released;
    await route.continue();
  });
  await page.getByRole('button', { name: 'New chat', exact: true }).click();
  await page.getByRole('heading', { name: /^New Chat \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill('Unhurried');
  const list = page.waitForResponse((response) => response.url().endsWith('/api/chats'));
  release();
  await (await list).finished();
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Unhurried', exact: true }).waitFor();
});

describe('an upload', () => {
  test('that is refused says so in the API’s words until it is dismissed', async () => {
    const { page } = await openPage();
    await startChat(page, 'Refusals');
    await add(page, 'notes.txt', Buffer.from('notes'));
    const row = page.locator('#pdfs li').filter({ hasText: 'notes.txt' });
    await row.getByText('File must be a PDF').waitFor();
    await add(page, 'twice.pdf', manual);
    await listed(page, 'twice.pdf').waitFor();
    await add(page, 'twice.pdf', manual);
    await page.getByText("PDF 'twice.pdf' already uploaded").waitFor();
    await row.getByRole('button', { name: /^Dismiss/ }).click();
    await row.waitFor({ state: 'detached' });
  });

  test('shows how much has been sent', async () => {
    const { page } = await openPage();
    await startChat(page, 'Progress');
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    const upload = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 500_000 };
    await network.send('Network.emulateNetworkConditions', upload);
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const bar = document.querySelector<HTMLProgressElement>('#pdfs progress[value]');
        if (bar) seen.push(bar.value);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await add(page, 'large.pdf', Buffer.concat([manual, Buffer.alloc(500_000, '\n')]));
    await listed(page, 'large.pdf').waitFor();
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    expect(seen.filter((value) => value > 0 && value < 1).length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('is finished when its PDF is listed, although its job stays queued for ever', async () => {
    const { page } = await openPage();
    await page.route('**/api/upload-status/*', (route) => route.fulfill({ json: { status: 'queued' } }));
    let job = '';
    await page.route('**/upload-pdf', async (route) => {
      const response = await route.fetch();
      job = (await response.json()).job_id;
      await route.fulfill({ response });
    });
    await page.route('**/docs', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      const processing = job ? [{ name: 'raced.pdf', job_id: job, status: 'queued' }] : [];
      await route.fulfill({ response, json: { ...body, processing } });
    });
    await startChat(page, 'Race');
    await add(page, 'raced.pdf', manual);
    await listed(page, 'raced.pdf').waitFor();
    const rows = page.locator('#pdfs li');
    await expect.poll(() => rows.count(), { timeout: PATIENCE }).toBe(1);
    expect(await rows.locator('progress').count()).toBe(0);

    await page.getByRole('button', { name: 'Remove raced.pdf' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => rows.count(), { timeout: PATIENCE }).toBe(0);
    await page.waitForResponse('**/docs');
    await page.waitForResponse('**/docs');
    expect(await rows.count()).toBe(0);
  });

  test('whose reading failed says what the API says', async () => {
    const { page } = await openPage();
    const error = 'Failed to extract any text from PDF';
    await page.route('**/api/upload-status/*', (route) =>
      route.fulfill({ json: { status: 'error', error } }),
    );
    await startChat(page, 'Damage');
    await add(page, 'damaged.pdf', Buffer.from('not a PDF'));
    await page.locator('#pdfs li').getByText(error).waitFor();
  });

  test('that nothing is heard of says so after two minutes', async () => {
    const { page } = await openPage();
    await page.route('**/api/upload-status/*', (route) => route.fulfill({ json: { status: 'queued' } }));
    await startChat(page, 'Silence');
    await page.clock.install();
    await add(page, 'silent.pdf', Buffer.from('not a PDF'));
    const row = page.locator('#pdfs li').filter({ hasText: 'silent.pdf' });
    await row.getByText('Reading').waitFor();
    await page.clock.runFor('01:50');
    expect(await row.getByText('Reading').count()).toBe(1);
    await page.clock.runFor('00:20');
    await row.getByText('No word of it for two minutes').waitFor();
  });
});

test('a PDF is removed after a person has agreed', async () => {
  const { page } = await openPage();
  await startChat(page, 'Removal');
  await add(page, 'a b&c?.pdf', manual);
  await listed(page, 'a b&c?.pdf').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await listed(page, 'a b&c?.pdf').waitFor({ state: 'detached' });
  await page.getByText('Add a PDF, then ask about it.').waitFor();
});

test('a question that cannot be asked stays in its field, with the API’s words above it', async () => {
  const { page } = await openPage();
  await startChat(page, 'Faults');
  await page.route('**/messages', (route) => route.fulfill({ status: 500, json: { error: 'It broke.' } }));
  await ask(page, 'Is it broken?');
  await page.getByRole('alert').getByText('It broke.').waitFor();
  expect(await page.getByLabel('Your question').inputValue()).toBe('Is it broken?');
  await page.unroute('**/messages');
  await page.keyboard.press('Enter');
  await page.locator('#messages > li.bot').getByText('No language model').waitFor();
  expect(await page.getByText('It broke.').count()).toBe(0);
});

test('a server that is gone is said to be, until it is back', async () => {
  const { page } = await openPage();
  await startChat(page, 'Outage');
  await page.route('**/api/chats', (route) => route.abort());
  await page.getByText('The server cannot be reached.').waitFor();
  await page.unroute('**/api/chats');
  await page.getByText('The server cannot be reached.').waitFor({ state: 'hidden' });
});

test('what another page did shows up by itself', async () => {
  const { page } = await openPage();
  const other = (await openPage()).page;
  await startChat(page, 'Shared');
  await other.locator('#chats').getByText('Shared').click();
  await ask(page, 'Does it show?');
  await other.locator('#messages').getByText('Does it show?').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await other.locator('#chats').getByText('Shared').waitFor({ state: 'detached' });
  await other.getByRole('heading', { name: 'Ask your PDFs' }).waitFor();
});

test('everything can be done from the keyboard', async () => {
  const { page } = await openPage();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^New Chat/ }).waitFor();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.id), { timeout: PATIENCE })
    .toBe('question');
  await page.keyboard.type('Two');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('lines');
  await page.keyboard.press('Enter');
  await page.locator('#messages > li.bot').getByText('No language model').waitFor();
  expect(await page.locator('#messages > li.user').innerText()).toContain('Two\nlines');
  const reached = new Set<string>();
  for (let presses = 0; presses < 60 && !reached.has('question'); presses++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.id ?? ''));
  }
  expect([...reached]).toEqual(
    expect.arrayContaining(['new-chat', 'rename', 'delete-chat', 'add-pdf', 'question']),
  );
});

test.each([1280, 390])('nothing sticks out of the page at a width of %i pixels', async (width) => {
  const { page } = await openPage(width);
  const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(6);
  await startChat(page, long);
  await add(page, `${long}.pdf`, pdf(`Rare ${'word'.repeat(60)} here.`));
  await listed(page, `${long}.pdf`).waitFor();
  await add(page, 'notes.txt', Buffer.from('x'));
  await page.getByText('File must be a PDF').waitFor();
  await ask(page, `rare ${long}`);
  const answer = page.locator('#messages > li.bot').last();
  await answer.locator('.sources > summary').click();
  await answer.locator('.sources li summary').click();
  await page.getByRole('button', { name: 'Rename' }).click();
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden'))
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
      .map((element) => `${element.tagName} ${element.id} ${element.className}`),
  );
  expect(wide).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
});

test('on a phone there is the list or one chat, and a way back', async () => {
  const { page } = await openPage(390);
  await page.getByRole('button', { name: 'New chat', exact: true }).waitFor();
  await startChat(page, 'On the phone');
  await page.getByRole('button', { name: 'New chat', exact: true }).waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Back to all chats' }).click();
  await page.locator('#chats').getByText('On the phone').click();
  await page.getByRole('heading', { name: 'On the phone' }).waitFor();
});
