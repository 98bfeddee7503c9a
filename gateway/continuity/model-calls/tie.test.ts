import { expect, it } from 'vitest';
import type { ModelCall, ModelProvider } from '../../relay/provider.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { Tie } from './tie.ts';

const route = chatTable.routes.find(({ relay }) => relay) ?? expect.fail('no route asks the model');
const known = { params: { chat_id: 'a' }, request: { message: 'What of walruses?' } };

/** A call as legacy makes it: it names no operation. */
const call: ModelCall = {
  version: 'v1beta',
  model: 'models/gemini',
  method: 'generateContent',
  sse: false,
  headers: {},
  query: new URLSearchParams(),
  body: new Uint8Array(),
  deadline: 1000,
  request: {
    contents: [
      {
        role: 'user',
        parts: [{ text: route.relay?.lastTurn?.[0]?.replace('{message}', 'What of walruses?') ?? '' }],
      },
    ],
  },
};

it('ties legacy’s call to legacy’s replay, though a client asks new the same at that moment', async () => {
  const tie = new Tie();
  let paid = 0;
  const provider: ModelProvider = {
    name: 'gemini',
    call: () => {
      paid++;
      return Promise.reject(new Error('paid for'));
    },
    close: () => Promise.resolve(),
  };
  const ends = [
    await tie.primary('new', route, known, 'of-the-client'),
    await tie.replay('legacy', route, known, 'replayed', 'They are well.'),
  ];
  const answer = await tie.around(provider).call(call, new AbortController().signal);
  for (const end of ends) end();
  expect(answer).toMatchObject({ status: 200 });
  expect(paid).toBe(0);
  expect(tie.takeCalls('legacy', 'replayed')).toHaveLength(1);
  expect(tie.takeCalls('new', 'of-the-client')).toBeUndefined();
});
