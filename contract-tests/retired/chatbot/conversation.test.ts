/** Prompts and replies of a chat of which a document is gone: what legacy sends and shows, turned into what the other has to. */

import type { Said } from '@banyan/suite/retired/change.ts';
import { jsonOf } from '@banyan/suite/retired/edit.ts';
import { expect, it } from 'vitest';
import { Replies } from './conversation.ts';

const source = (id: number, name: string, text: string) => ({
  content: text,
  full_content: text,
  id,
  location: `Page ${id}`,
  source: name,
});
const block = (id: number, { source: name, location, full_content }: ReturnType<typeof source>) =>
  `[Source ${id}: ${name} - ${location}]\n${full_content}`;
const [gone, kept] = [
  source(1, 'gone.pdf', 'The fig is gone.'),
  source(2, 'kept.pdf', 'The fig is $& here.'),
];

const prompt = (blocks: string) =>
  `You are a helpful assistant.\n\nContext:\n${blocks}\n\nQuestion: Where is\nthe fig?\n\nRules:
- Answer only from the context above.
- Cite the sources you use, like [Source 1].
- If the answer is not in the context, say that you could not find it in the documents.
- Be clear and concise.`;

interface Exchange {
  reply: string | null;
  sources: object[];
  count: number;
  /** The turns before, and the prompt. */
  sent: string[];
}

const said = (value: object, sent?: string[]): Said => ({
  target: '/api/chats/c/messages',
  answer: {
    status: 200,
    reason: 'OK',
    rawHeaders: ['Content-Length', '1'],
    body: Buffer.from(`${JSON.stringify(value, null, 2)}\n`),
  },
  calls: sent && [
    {
      model: 'models/m',
      request: { contents: sent.map((text, i) => ({ role: i % 2 ? 'model' : 'user', parts: [{ text }] })) },
    },
  ],
});
const answer = ({ reply, sources, count, sent }: Exchange) =>
  said({ message_count: count, reply, sources }, sent);
const sentBy = ({ calls }: Said) =>
  calls?.map(({ request }) =>
    (request.contents as { parts: { text: string }[] }[]).map(({ parts }) => parts[0]?.text),
  );

const withoutGone = { isGone: (name: string) => name === 'gone.pdf', mayFollow: () => false };
const both = prompt(`${block(1, gone)}\n\n${block(2, kept)}`);
const legacy = answer({ reply: 'It is gone.', sources: [gone, kept], count: 2, sent: [both] });
const ours = answer({ reply: 'It is “here”.', sources: [{ ...kept, id: 1 }], count: 2, sent: [] });

it('are without the document, its sources counted anew, and the reply is the one to that prompt, then and later', () => {
  const replies = new Replies();
  const expected = replies.message('c', withoutGone)(legacy, ours);
  expect(jsonOf(expected.answer)).toEqual(jsonOf(ours.answer));
  expect(Buffer.from(expected.answer.body).toString()).toContain('"It is \\u201chere\\u201d."');
  expect(expected.answer.rawHeaders).toEqual(['Content-Length', String(expected.answer.body.length)]);
  expect(sentBy(expected)).toEqual([[prompt(block(1, kept))]]);

  const listed = said([{ text: 'Where is\nthe fig?' }, { text: 'It is gone.' }, { text: 'It is gone.' }]);
  expect(jsonOf(replies.messages('c')(listed, listed).answer)).toEqual([
    { text: 'Where is\nthe fig?' },
    { text: 'It is “here”.' },
    { text: 'It is gone.' },
  ]);
  const next = answer({
    reply: 'a',
    sources: [],
    count: 4,
    sent: ['Where is the fig?', 'It is gone.', 'And?'],
  });
  expect(sentBy(replies.message('c', withoutGone)(next, next))).toEqual([
    ['Where is the fig?', 'It is “here”.', 'And?'],
  ]);
  expect(replies.messages('c, deleted and begun anew')(listed, listed)).toBe(listed);
});

it('have no context where nothing else was found', () => {
  const alone = answer({ reply: 'x', sources: [gone], count: 2, sent: [prompt(block(1, gone))] });
  const other = answer({ reply: null, sources: [], count: 2, sent: [] });
  const expected = new Replies().message('c', withoutGone)(alone, other);
  expect(jsonOf(expected.answer)).toEqual({ message_count: 2, reply: null, sources: [] });
  expect(sentBy(expected)).toEqual([['Please answer the following message: Where is\nthe fig?']]);
});

it('are left as they are where the document was not found anyway: another reply is then a difference', () => {
  const one = answer({ reply: 'x', sources: [{ ...kept, id: 1 }], count: 2, sent: [prompt(block(1, kept))] });
  expect(new Replies().message('c', withoutGone)(one, ours)).toBe(one);
});
