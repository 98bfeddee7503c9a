/** The chat page in a real browser, as a person uses it. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, chromium, type Page, type Request } from 'playwright';
import { browserFlags, ensureBrowser } from '../../setup/browser.ts';

/** Opens a browser, and closes it whatever happens. */
export async function inBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  const executablePath = ensureBrowser((line) => console.error(line));
  if (!executablePath) throw new Error('This needs a browser: install Chromium, or name one in CHROME_BIN.');
  const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
  try {
    await work(browser);
    for (const context of browser.contexts()) for (const page of context.pages()) await quiet(page);
  } finally {
    await browser.close();
  }
}

/** Somebody with a page of their own. */
export async function openPage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(30_000);
  const open = new Set<Request>();
  page.on('request', (request) => open.add(request));
  const over = (request: Request) => void open.delete(request);
  page.on('requestfinished', over);
  page.on('requestfailed', over);
  underWay.set(page, open);
  await page.goto(`${origin}/chat`);
  return page;
}

const underWay = new WeakMap<Page, Set<Request>>();

/** Waits until nothing is under way: what is broken off is not in a recording, and may have had an effect. */
async function quiet(page: Page): Promise<void> {
  while (underWay.get(page)?.size) await delay(20);
}

export async function reload(page: Page): Promise<void> {
  await quiet(page);
  await page.reload();
}

/** A PDF as the browser prints it. */
export async function printed(browser: Browser, html: string): Promise<Buffer> {
  const page = await browser.newPage();
  await page.setContent(html);
  const pdf = await page.pdf({ format: 'A4' });
  await page.close();
  return pdf;
}

export async function upload(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.locator('#file').setInputFiles({ name, mimeType: 'application/pdf', buffer });
  await page.getByRole('button', { name: `Remove ${name}`, exact: true }).waitFor();
}

export async function remove(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Remove ${name}`, exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('button', { name: `Remove ${name}`, exact: true }).waitFor({ state: 'detached' });
}

export async function startChat(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'New chat', exact: true }).click();
  await page.getByRole('heading', { name: /^New Chat \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill(title);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

export async function ask(page: Page, question: string, answer: string): Promise<void> {
  const answers = page.locator('#messages > li.bot');
  const before = await answers.count();
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await answers.nth(before).getByText(answer).first().waitFor();
}
