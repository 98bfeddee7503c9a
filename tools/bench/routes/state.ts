/** What every peer has before it is measured: chats, one of them with a conversation and a PDF. */
import { setTimeout as delay } from 'node:timers/promises';
import { document } from '../../../contract-tests/script/document.ts';

export interface Seeded {
  /** The chat with a conversation and a PDF. */
  chat: string;
  /** The job that made the PDF. */
  job: string;
}

const turns = 10;
const atOnce = 8;

/** @param chats how many */
export async function seed(url: string, chats: number): Promise<Seeded> {
  let left = chats;
  const create = async () => {
    while (left-- > 0) await send(url, '/api/chats', { method: 'POST' });
  };
  await Promise.all(Array.from({ length: atOnce }, create));
  const [first] = (await (await fetch(`${url}/api/chats`)).json()) as { id: string }[];
  const chat = first?.id ?? '';
  for (let turn = 0; turn < turns; turn++)
    await send(url, `/api/chats/${chat}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: `What is said of walruses, for the ${turn}th time?` }),
    });
  const form = new FormData();
  const pdf = document(['A grown walrus weighs up to 1,700 kilograms. It eats clams and snails.']);
  form.append('pdf', new Blob([new Uint8Array(pdf)]), 'walrus.pdf');
  const answer = await send(url, `/api/chats/${chat}/upload-pdf`, { method: 'POST', body: form });
  const { job_id } = (await answer.json()) as { job_id: string };
  for (const deadline = Date.now() + 60_000; ; await delay(50)) {
    const { total_pdfs } = (await (await fetch(`${url}/api/chats/${chat}/pdfs`)).json()) as {
      total_pdfs: number;
    };
    if (total_pdfs > 0) return { chat, job: job_id };
    if (Date.now() > deadline) throw new Error(`${url} has not read the PDF after a minute`);
  }
}

async function send(url: string, path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url + path, init);
  if (!answer.ok) throw new Error(`${init.method} ${path} was answered with ${answer.status}`);
  return answer;
}
