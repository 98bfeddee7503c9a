/** One person who uploads several documents, with tables and long pages, and asks across them. */
import { ask, inBrowser, openPage, printed, reload, remove, startChat, upload } from './page.ts';

const table = (title: string, rows: string[][]) => `<h1>${title}</h1><table border="1" cellpadding="6">
  ${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`;

const price = table('Prices', [
  ['Tree', 'Height', 'Price'],
  ['Banyan', '2 m', '140 €'],
  ['Öl-Weide', '1,5 m', '62 €'],
]);

const report = `<style>p { font-size: 7pt; line-height: 1.1; margin: 0 }</style><h1>Report</h1>
  ${Array.from({ length: 90 }, (_, i) => `<p>Paragraph ${i + 1}: the garden has ${i * 3} plants in bed ${i + 7}, which were watered on day ${i + 100} of the year.</p>`).join('')}`;

export const severalDocuments = (origin: string) =>
  inBrowser(async (browser) => {
    const prices = await printed(browser, price);
    const garden = await printed(browser, report);
    const page = await openPage(browser, origin);
    await startChat(page, 'Garden – 庭');
    await upload(page, 'prices 2026.pdf', prices);
    await upload(page, 'Garden report.pdf', garden);
    await ask(page, 'What is the price of a Banyan?', '140');
    await ask(page, 'How many plants are in bed 50?', 'bed 50');
    await reload(page);
    await page.getByText('What is the price of a Banyan?').first().waitFor();
    await remove(page, 'prices 2026.pdf');
    await ask(page, 'And the height of a Banyan?', '');
    await startChat(page, 'Empty chat');
    await page.locator('#chats').getByText('Garden – 庭').click();
    await page.getByText('How many plants are in bed 50?').first().waitFor();
  });
