/** Texts of many scripts, white space of Unicode, lone surrogates, and names of files as people have them. */
import { type Client, createClient, listed } from '../client.ts';
import { document } from '../document.ts';

const texts = [
  'Grüße aus Zürich – “schöne” Bäume',
  '世界樹はどこ？',
  'שלום עולם',
  'مرحبا بالعالم',
  '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦 🏳️‍🌈',
  'e\u0301 is not é',
  '\u3000\u00a0 wide spaces around \u2003\u0085',
  '\u200bzero width stays\ufeff',
  'a\u0000b\u001f\u007f',
  'line\r\nand\u2028line\u2029and tab\t.',
  '</script><b>&amp;"\'\\',
];

export async function unicode(origin: string): Promise<void> {
  const client = createClient(origin);
  const { ask, json } = client;
  const chat = await client.newChat();
  for (const title of texts) await json('PUT', `${chat}/rename`, { title });
  await ask('GET', '/api/chats');
  for (const title of ['\u00a0\u3000\u2028', '\u001c\u001d\u001e\u001f', '\u200b', '\ufeff'])
    await json('PUT', `${chat}/rename`, { title });
  await ask('GET', '/api/chats');
  for (const message of texts) await json('POST', `${chat}/messages`, { message });
  await json('POST', `${chat}/messages`, { message: '\u2003\u00a0' });
  await ask('GET', chat);
  await raw(client, `${chat}/messages`, '{"message": "half of a pair: \\ud83d, and the other: \\ude00"}');
  await raw(client, `${chat}/messages`, '{"message": "a pair in escapes: \\ud83d\\ude00 \\u00e9"}');
  await ask('GET', chat);
  await files(client, chat);
  await loneSurrogateTitle(client, chat);
}

/** The legacy app cannot store its list of chats then, until the chat has another title. */
async function loneSurrogateTitle(client: Client, chat: string): Promise<void> {
  const { ask, json } = client;
  const other = await client.newChat();
  await client.upload(`${other}/upload-pdf`, 'a.pdf', document(['A page.']));
  await client.poll(`${other}/docs`, listed(1));
  await client.poll(`${other}/pdfs`, listed(1));
  const headers = ['Content-Type', 'application/json'];
  const half = () => ask('PUT', `${chat}/rename`, { headers, body: '{"title": "half of a pair: \\ud83d"}' });
  await half();
  await ask('GET', '/api/chats');
  await json('PUT', `${other}/rename`, { title: 'Nobody stores this' });
  await json('POST', `${other}/messages`, { message: 'Does anybody store this?' });
  await ask('GET', other);
  await ask('DELETE', `${other}/pdfs/a.pdf`);
  await ask('GET', `${other}/pdfs`);
  await ask('DELETE', other);
  await ask('GET', '/api/chats');
  await json('PUT', `${chat}/rename`, { title: 'whole again' });
  await ask('GET', '/api/chats');
  await half();
  // Nothing comes after it: its answer does not say what the chat's id is.
  await ask('POST', '/api/chats');
}

const raw = ({ ask }: Client, target: string, body: string) =>
  ask('POST', target, { headers: ['Content-Type', 'application/json'], body });

async function files({ ask, upload, poll }: Client, chat: string): Promise<void> {
  const names = [
    'Übersicht 2026.pdf',
    '樹木ガイド.pdf',
    '🌳 <b>tree</b> & co.pdf',
    `${'long '.repeat(50)}.pdf`,
  ];
  for (const [at, name] of names.entries()) {
    await upload(`${chat}/upload-pdf`, name, document([`File number ${at} is about its own name.`]));
    await poll(`${chat}/docs`, listed(at + 1));
    await poll(`${chat}/pdfs`, listed(at + 1));
  }
  await upload(`${chat}/upload-pdf`, '樹木ガイド.pdf', document(['again']));
  await ask('GET', '/api/pdfs');
  for (const name of names) await ask('DELETE', `${chat}/pdfs/${encodeURIComponent(name)}`);
  await ask('DELETE', `${chat}/pdfs/${encodeURIComponent('nicht da – 世界.pdf')}`);
  await ask('GET', `${chat}/docs`);
}
