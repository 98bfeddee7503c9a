/** One person: two chats, a PDF, questions, a rename, a removal. */
import type { Page } from 'playwright';
import { ask, inBrowser, openPage, printed, reload, remove, startChat, upload } from './page.ts';

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

export const onePerson = (origin: string) =>
  inBrowser(async (browser) => {
    const pdf = await printed(browser, guide);
    await use(await openPage(browser, origin), pdf);
  });

async function use(page: Page, pdf: Buffer): Promise<void> {
  await startChat(page, 'Banyan trees');
  await upload(page, 'Banyan guide.pdf', pdf);
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
  await reload(page);
  await page.getByRole('heading', { name: 'Banyan trees' }).waitFor();
  await page.getByText('How often does a banyan need water in winter?').waitFor();

  await remove(page, 'Banyan guide.pdf');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.locator('#chats').getByText('Banyan trees').waitFor({ state: 'detached' });
  await page.locator('#chats').getByText('Zoë’s questions').click();
  await page.getByText('Qui êtes-vous?').first().waitFor();
}
