/**
 * Uses the chat page in a real browser, as a person would: two chats, a PDF, questions, a rename, a removal. Run while
 * `banyan record` runs, against a gateway whose legacy app has nothing in it yet:
 *
 *     npx banyan record chat-page --detach
 *     node contract-tests/script/use-chat-page.ts http://127.0.0.1:8080/chat
 *     npx banyan record --stop
 */
import { type Browser, chromium, type Page } from 'playwright';
import { browserFlags, ensureBrowser } from '../../setup/browser.ts';

const [address = 'http://127.0.0.1:8080/chat'] = process.argv.slice(2);

const guide = `
  <h1>The banyan tree: a short guide for gardeners</h1>
  <p>A banyan begins its life on another tree. Its seeds are carried by birds &mdash; mostly by the coppersmith barbet.</p>
  <p>Its roots grow down from the branches; once they reach the ground they become trunks of their own.</p>
  <table border="1" cellpadding="6">
    <tr><th>Season</th><th>Water</th><th>Light</th></tr>
    <tr><td>Spring</td><td>twice a week</td><td>bright, no sun</td></tr>
    <tr><td>Winter</td><td>every ten days</td><td>as much as there is</td></tr>
  </table>
  <div style="page-break-before: always"></div>
  <h2>The Great Banyan</h2>
  <p>The Great Banyan near Kolkata covers 18,918 square metres. Its main trunk was removed in 1925.</p>
  <p>It is more than 250 years old and has over 3,700 aerial roots.</p>`;

const executablePath = ensureBrowser((line) => console.error(line));
if (!executablePath) throw new Error('This needs a browser: install Chromium, or name one in CHROME_BIN.');
const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
try {
  await use(await browser.newPage({ viewport: { width: 1280, height: 800 } }), await printed(browser, guide));
} finally {
  await browser.close();
}

/** A PDF as the browser prints it. */
async function printed(from: Browser, html: string): Promise<Buffer> {
  const page = await from.newPage();
  await page.setContent(html);
  const pdf = await page.pdf({ format: 'A4' });
  await page.close();
  return pdf;
}

async function use(page: Page, pdf: Buffer): Promise<void> {
  page.setDefaultTimeout(20_000);
  await page.goto(address);
  await startChat(page, 'Banyan trees');
  await page
    .locator('#file')
    .setInputFiles({ name: 'Banyan guide.pdf', mimeType: 'application/pdf', buffer: pdf });
  await page.getByRole('button', { name: 'Remove Banyan guide.pdf', exact: true }).waitFor();
  await ask(page, 'How large is the Great Banyan near Kolkata?', '18,918');
  await ask(page, 'How often does a banyan need water in winter?', 'ten days');
  await page
    .locator('#messages > li.bot')
    .last()
    .getByRole('button', { name: /^\[Source \d\]$/ })
    .first()
    .click();

  await startChat(page, 'Zoë’s questions 🌳');
  await ask(page, 'Hello! Qui êtes-vous?', '');
  await page.locator('#chats').getByText('Banyan trees').click();
  await page.getByText('Who carries').or(page.getByText('How large is the Great Banyan')).first().waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Banyan trees' }).waitFor();
  await page.getByText('How often does a banyan need water in winter?').waitFor();

  await page.getByRole('button', { name: 'Remove Banyan guide.pdf', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page
    .getByRole('button', { name: 'Remove Banyan guide.pdf', exact: true })
    .waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.locator('#chats').getByText('Banyan trees').waitFor({ state: 'detached' });
  await page.locator('#chats').getByText('Zoë’s questions').click();
  await page.getByText('Qui êtes-vous?').first().waitFor();
}

async function startChat(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'New chat', exact: true }).click();
  await page.getByRole('heading', { name: /^New Chat \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('New title').fill(title);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

async function ask(page: Page, question: string, answer: string): Promise<void> {
  const answers = page.locator('#messages > li.bot');
  const before = await answers.count();
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await answers.nth(before).getByText(answer).first().waitFor();
}
