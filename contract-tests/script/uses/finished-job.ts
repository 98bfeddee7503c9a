/**
 * An upload whose job is seen to its end. Legacy shows that only where the thread that reads the PDF is slower than the one
 * that notes the job (job-status-race): tried until it is, while others ask, with a legacy app whose threads change often.
 */
import { send } from '@banyan/suite/replay/send.ts';
import { createClient, jsonOf, listed } from '../client.ts';
import { document } from '../document.ts';

/** This one does not show what it was made for: everything it did is undone, and it is to be made again. */
export class Again extends Error {}

const OTHERS = 4;

export async function finishedJob(origin: string, legacy: string): Promise<void> {
  const { ask, json, upload, poll, newChat } = createClient(origin);
  const others = askedMeanwhile(legacy);
  const chat = await newChat();
  const accepted = jsonOf(
    await upload(`${chat}/upload-pdf`, 'figs.pdf', document(['A fig tree bears twice a year.'])),
  );
  const status = `/api/upload-status/${(accepted as { job_id: string }).job_id}`;
  await poll(`${chat}/pdfs`, listed(1));
  await others.stop();
  // The job is noted as done a moment after the PDF is in the list.
  const first = jsonOf(await ask('GET', status)) as { status: string };
  if (first.status === 'queued') {
    await createClient(legacy).ask('DELETE', chat);
    throw new Again('The job stays queued.');
  }
  await poll(status, (shown: { status: string }) => shown.status === 'done');
  await ask('GET', status);
  await ask('GET', `${chat}/docs`);
  await json('POST', `${chat}/messages`, { message: 'How often does a fig tree bear?' });
  await ask('GET', '/api/chats');
}

/** Every answer is a thread of its own, and each that begins or ends may hold up another. */
function askedMeanwhile(legacy: string): { stop(): Promise<void> } {
  let isOver = false;
  const request = { method: 'GET', target: '/api/health', rawHeaders: ['Host', 'legacy'], body: undefined };
  const loops = Array.from({ length: OTHERS }, async () => {
    while (!isOver) await send(legacy, request, 60_000);
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}
