/** Five PDFs in one chat, with tables; the limit, a duplicate, removals, and what is found after a removal. */
import { type Client, createClient, listed } from '../client.ts';
import { document } from '../document.ts';

const prices = {
  title: 'Prices of trees in 2025',
  rows: [
    ['Tree', 'Height', 'Price'],
    ['Banyan', '2 m', '140 EUR'],
    ['Fig', '1 m', '35 EUR'],
    ['Olive', '', '80 EUR'],
  ],
};
const files: [name: string, content: Buffer][] = [
  ['prices.pdf', document(prices, ['Delivery takes three weeks.', 'Trees are packed in straw.'])],
  [
    'watering.pdf',
    document(['Water the banyan twice a week in spring.', 'In winter every ten days is enough.']),
  ],
  [
    'Zürich & Genève [final] #2.pdf',
    document(['The office in Zurich opens at eight.', 'Geneva is closed on Mondays.']),
  ],
  ['one row.pdf', document({ title: 'Only a heading', rows: [['Lonely', 'row']] })],
  ['prices 2026.PDF', document({ ...prices, title: 'Prices of trees in 2026' })],
];

export async function severalPdfs(origin: string): Promise<void> {
  const client = createClient(origin);
  const { ask, json, upload } = client;
  const chat = await client.newChat();
  for (const [at, [name, content]] of files.entries()) await uploaded(client, chat, name, content, at + 1);
  await upload(`${chat}/upload-pdf`, 'sixth.pdf', files[1]?.[1] ?? '');
  await ask('GET', '/api/pdfs');
  for (const message of [
    'What does a banyan cost?',
    'How often is a banyan watered?',
    'When does Zurich open?',
  ])
    await json('POST', `${chat}/messages`, { message });
  await ask('DELETE', `${chat}/pdfs/${encodeURIComponent('Zürich & Genève [final] #2.pdf')}`);
  await ask('GET', `${chat}/docs`);
  await ask('GET', `${chat}/pdfs`);
  // Gone from the list, and still found.
  await json('POST', `${chat}/messages`, { message: 'When does Geneva close?' });
  await upload(`${chat}/upload-pdf`, 'watering.pdf', files[1]?.[1] ?? '');
  await uploaded(client, chat, 'sixth.pdf', document(['The sixth may come now.']), 6, 5);
  for (const name of ['prices.pdf', 'watering.pdf', 'one row.pdf', 'prices 2026.PDF', 'sixth.pdf'])
    await ask('DELETE', `${chat}/pdfs/${encodeURIComponent(name)}`);
  await ask('GET', `${chat}/docs`);
  await json('POST', `${chat}/messages`, { message: 'What does a banyan cost?' });
  await ask('GET', '/api/chats');
  await ask('GET', chat);
}

/** @param inDocs how many /docs has then; @param inList how many /pdfs has */
async function uploaded(
  { upload, poll, ask }: Client,
  chat: string,
  name: string,
  content: Buffer,
  inDocs: number,
  inList = inDocs,
): Promise<void> {
  await upload(`${chat}/upload-pdf`, name, content);
  await poll(`${chat}/docs`, listed(inDocs));
  await poll(`${chat}/pdfs`, listed(inList));
  await ask('GET', '/api/chats');
}
