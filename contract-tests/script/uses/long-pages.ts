/** Pages that are cut into overlapping chunks, and chunks that begin alike. */
import { createClient, listed } from '../client.ts';
import { document } from '../document.ts';

const trees = ['banyan', 'oak', 'olive', 'cedar', 'walnut', 'maple', 'linden', 'cypress', 'willow', 'rowan'];

/** Twelve words a line; every line is another one. */
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return `Line ${n}: the ${trees[n % 10]} of row ${n * 7} has ${n * 3} leaves and branches.`;
  });

export async function longPages(origin: string): Promise<void> {
  const { ask, json, upload, poll, newChat } = createClient(origin);
  const chat = await newChat();
  // 100 lines are one page of more than a thousand words; 84 and 85 are on either side of where a chunk ends.
  const book = document(
    { small: lines(100) },
    { small: lines(84, 200) },
    { small: lines(85, 400) },
    lines(10, 600),
  );
  await upload(`${chat}/upload-pdf`, 'a book.pdf', book);
  await poll(`${chat}/docs`, listed(1));
  await poll(`${chat}/pdfs`, listed(1));
  const twice = [
    'This page stands in the book twice, word for word, from its first one to its last, all of it the same.',
  ];
  await upload(
    `${chat}/upload-pdf`,
    'twice.pdf',
    document(twice, twice, [...twice, 'But this one goes on.']),
  );
  await poll(`${chat}/docs`, listed(2));
  await poll(`${chat}/pdfs`, listed(2));
  for (const message of ['How many leaves has the olive of row 14?', 'Which page stands in the book twice?'])
    await json('POST', `${chat}/messages`, { message });
  await ask('GET', chat);
  await ask('GET', '/api/pdfs');
}
