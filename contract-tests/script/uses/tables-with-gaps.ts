/** Tables with empty headers and empty rows: what is found of them, and what the model is told. */
import { createClient, listed } from '../client.ts';
import { document } from '../document.ts';

const empty = ['', '', '', ''];
const gaps = document(
  {
    title: 'Rainfall by month',
    rows: [
      ['', 'Month', '', 'Rain'],
      empty,
      ['north', 'May', '', '40 mm'],
      ['', 'June', '', ''],
      empty,
      empty,
      ['south', '', '', '12 mm'],
      empty,
    ],
  },
  { title: 'Nothing was written above this table', rows: [empty, ['a', 'b', 'c', 'd']] },
  { title: 'Nothing was written below this one', rows: [['Year', '', 'Frost', ''], empty] },
  { title: 'Nothing was written in this one', rows: [empty, empty] },
);

export async function tablesWithGaps(origin: string): Promise<void> {
  const { ask, json, newChat, poll, upload } = createClient(origin);
  const chat = await newChat();
  await upload(`${chat}/upload-pdf`, 'gaps.pdf', gaps);
  await poll(`${chat}/docs`, listed(1));
  await poll(`${chat}/pdfs`, listed(1));
  await json('POST', `${chat}/messages`, { message: 'How much did it rain in May?' });
  await json('POST', `${chat}/messages`, { message: 'And was there any frost?' });
  await ask('GET', '/api/chats');
}
