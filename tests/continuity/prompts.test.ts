/** Model calls are tied to their writes whatever the message says: with the prompts that the new backend builds. */

import { Tie } from '@banyan/gateway/continuity/model-calls/tie.ts';
import type { ModelCall, ModelProvider } from '@banyan/gateway/relay/provider.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { promptEndings } from '../../contract/prompt.ts';
import { chatbotTable } from '../../services/chatbot-table.ts';
import type { Found } from '../../services/rag/found.ts';
import { buildPrompt } from '../../services/rag/prompt.ts';
import { strip } from '../../services/wire/python/strings.ts';

const route = chatbotTable.routes.find(({ relay }) => relay) ?? expect.fail('no route asks the model');

const model: ModelProvider = {
  name: 'gemini',
  call: () => Promise.resolve({ status: 200, headers: {}, body: new Uint8Array() } as never),
  close: () => Promise.resolve(),
};

/** A call as legacy makes it: it names no operation. */
const callOf = (prompt: string): ModelCall => ({
  version: 'v1beta',
  model: 'models/gemini',
  method: 'generateContent',
  sse: false,
  headers: {},
  query: new URLSearchParams(),
  body: new Uint8Array(),
  deadline: 1000,
  request: { contents: [{ role: 'user', parts: [{ text: prompt }] }] },
});

/** The writes, by their ids, that a prompt's call was tied to while all of these were under way. */
async function tiedTo(
  prompt: string,
  messages: Record<string, string>,
  of: Route = route,
): Promise<string[]> {
  const tie = new Tie();
  for (const [id, message] of Object.entries(messages))
    await tie.primary('legacy', of, { params: { chat_id: id }, request: { message } }, id);
  await tie.around(model).call(callOf(prompt), new AbortController().signal);
  return Object.keys(messages).filter((id) => tie.takeCalls('legacy', id));
}

/** Pieces of the prompts, their rules and placeholders among them, between code units of every kind, half surrogate pairs too. */
const piece = fc.oneof(
  fc.constantFrom(
    ...promptEndings(),
    ...promptEndings().flatMap((ending) => ending.split('{message}')),
    ...['{message}', '{context}', '{text}', '$&', "$'", '{', '}'],
    ...['\n', '\r\n', '\u2028', ' ', '\t', '\x1c', '\ufeff'],
  ),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 6 }),
  fc.string({ maxLength: 10 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const message = text.filter((each) => strip(each) !== '');
const found = fc
  .record({ text, source: text, page: fc.nat(99).map(String), type: fc.constantFrom('text', 'table') })
  .map(({ text, ...metadata }): Found => ({ text, metadata, similarity: 0.5 }));

it('a prompt for any message, built from any chunks, is tied to the message', () =>
  fc.assert(
    fc.asyncProperty(message, fc.array(found, { maxLength: 4 }), async (asked, chunks) => {
      expect(await tiedTo(buildPrompt(strip(asked), chunks), { a: asked })).toEqual(['a']);
    }),
    { seed: 1 },
  ));

/** Its text has nothing of a prompt in it: a document that ends like one can make two prompts end alike. */
const plain: Found = {
  text: 'Figs are sweet.',
  metadata: { source: 'a.pdf', page: '3', type: 'text' },
  similarity: 0.5,
};

/** Other messages: any, one that ends with this one, and one that is the whole prompt for it. */
const others = (asked: string, any: string): string[] =>
  [any, `${any}${asked}`, buildPrompt(strip(asked), [])].filter((other) => strip(other) !== strip(asked));

it('of two messages under way, the prompt is tied to its own, though one has the other in it', () =>
  fc.assert(
    fc.asyncProperty(message, message, fc.boolean(), async (asked, any, hasChunks) => {
      const prompt = buildPrompt(strip(asked), hasChunks ? [plain, plain] : []);
      for (const other of others(asked, any))
        expect(await tiedTo(prompt, { other, own: asked })).toEqual(['own']);
    }),
    { seed: 1 },
  ));

it('a message that is not under way is tied to nothing', async () => {
  expect(await tiedTo(buildPrompt('What of walruses?', []), { a: 'What of figs?' })).toEqual([]);
});

it('another wording in the one place that has it changes the new backend’s prompts and what the route table ties', async () => {
  vi.resetModules();
  const { promptWording } = await import('../../contract/prompt.ts');
  Object.assign(promptWording, {
    withoutContext: 'Bitte beantworte: {message}',
    withContext: 'Quellen:\n{context}\nFrage: {message}\nKurz, bitte.',
    chunk: '({number}) {source}, {location}: {text}',
    betweenChunks: '\n',
  });
  const changed = await import('../../contract/routes.ts');
  const { buildPrompt: build } = await import('../../services/rag/prompt.ts');
  const other =
    changed.routeTable.routes.find(({ relay }) => relay) ?? expect.fail('no route asks the model');
  const chunk = { text: 'Feigen', metadata: { source: 'a.pdf', page: '3' }, similarity: 0.5 };
  const prompts = [build('Warum?', []), build('Warum?', [chunk, chunk])];
  expect(prompts).toEqual([
    'Bitte beantworte: Warum?',
    'Quellen:\n(1) a.pdf, Page 3: Feigen\n(2) a.pdf, Page 3: Feigen\nFrage: Warum?\nKurz, bitte.',
  ]);
  for (const prompt of prompts) {
    expect(await tiedTo(prompt, { a: ' Warum? ' }, other)).toEqual(['a']);
    expect(await tiedTo(prompt, { a: 'Warum?' })).toEqual([]);
  }
});
