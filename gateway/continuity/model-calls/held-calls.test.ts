/** Whose a call is that fits no template, while clients and replays ask legacy at once. */

import type { Route } from '@banyan/route-table/route-table.ts';
import { expect, it } from 'vitest';
import { wholeAnswer } from '../../relay/gemini-format/answer.ts';
import type { ModelCall, ModelProvider } from '../../relay/provider.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { Tie } from './tie.ts';

const routeOf = (key: string): Route =>
  chatTable.routes.find((route) => route.key === key) ?? expect.fail('no such route');
const messages = routeOf('POST /api/chats/:chat_id/messages');
const rename = routeOf('PUT /api/chats/:chat_id/rename');
const asking = (message: unknown) => ({ params: {}, request: { message } });
const described = (message: string) => `Please answer the following message: ${message}`;

function callOf(...turns: string[]): ModelCall {
  const contents = turns.map((text) => ({ role: 'user', parts: [{ text }] }));
  return {
    version: 'v1beta',
    model: 'models/gemini',
    method: 'generateContent',
    sse: false,
    headers: {},
    query: new URLSearchParams(),
    body: new Uint8Array(),
    deadline: 1000,
    request: { contents },
  };
}

function relay(holdFor = 60_000) {
  const tie = new Tie({ holdFor });
  const paid: string[] = [];
  const held: string[] = [];
  tie.onHeld((route) => held.push(route));
  const model: ModelProvider = {
    name: 'gemini',
    call: async ({ request }) => {
      paid.push(request.contents.at(-1)?.parts?.[0]?.text ?? '');
      return wholeAnswer({
        candidates: [{ content: { role: 'model', parts: [{ text: 'paid' }] }, index: 0 }],
      });
    },
    close: async () => {},
  };
  const ask = (call: ModelCall, signal = new AbortController().signal) =>
    tie.around(model).call(call, signal);
  return { tie, paid, held, ask };
}

const untied = expect.objectContaining({ code: 'model_call_untied' });
const refused = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

it('pays for a call that only a client can have caused', async () => {
  const { tie, paid, ask } = relay();
  const end = await tie.primary('legacy', messages, asking('What of walruses?'), 'a');
  await ask(callOf('Kindly: What of walruses?'));
  expect(tie.untiedCallOf('legacy', 'a')).toMatchObject({ isRoutes: true });
  expect(paid).toHaveLength(1);
  end();
});

it.each(['generateContent', 'streamGenerateContent'] as const)(
  'refuses a %s that has a replay’s message in it, and tells of it before its time is up',
  async (method) => {
    const { tie, paid, held, ask } = relay(30);
    const ends = [
      await tie.replay('legacy', messages, asking('What of walruses?'), 'a', 'They are well.'),
      await tie.primary('legacy', messages, asking('And of carpenters?'), 'b'),
    ];
    const answer = ask({ ...callOf('Hello', 'Kindly: What of walruses?'), method });
    expect(held).toEqual([messages.key]);
    await expect(answer).rejects.toEqual(untied);
    expect([paid, tie.untiedCallOf('legacy', 'b')]).toEqual([[], undefined]);
    expect(tie.deniedCallOf('legacy', 'a')).toContain('"Kindly: {message}"');
    for (const end of ends) end();
  },
);

it('refuses it also when the replay has ended or legacy has hung up meanwhile', async () => {
  const { tie, paid, ask } = relay();
  const end = await tie.replay('legacy', messages, asking('What of walruses?'), 'a', 'They are well.');
  const gone = new AbortController();
  const answers = [
    refused(ask(callOf('hi'))),
    refused(ask(callOf('What of walruses? Say it.'), gone.signal)),
  ];
  gone.abort();
  expect(tie.deniedCallOf('legacy', 'a')).toBeDefined();
  end();
  expect(await Promise.all(answers)).toEqual(['model_call_untied', 'model_call_untied']);
  expect(paid).toEqual([]);
});

it('pays for a call of something else once the replay has got its own', async () => {
  const { tie, paid, held, ask } = relay();
  const end = await tie.replay('legacy', messages, asking('What of walruses?'), 'a', 'They are well.');
  const other = ask(callOf('Summarise the day.'));
  expect(paid).toEqual([]);
  await ask(callOf(described('What of walruses?')));
  await other;
  expect([paid, held, tie.deniedCallOf('legacy', 'a')]).toEqual([['Summarise the day.'], [], undefined]);
  end();
});

it('refuses a second call of a replay that the template does not describe', async () => {
  const { tie, paid, held, ask } = relay(30);
  const end = await tie.replay('legacy', messages, asking('What of walruses?'), 'a', 'They are well.');
  await ask(callOf(described('What of walruses?')));
  await expect(ask(callOf('A title for: What of walruses?'))).rejects.toEqual(untied);
  expect([paid, held]).toEqual([[], [messages.key]]);
  expect(tie.deniedCallOf('legacy', 'a')).toContain('A title for');
  end();
});

it('tells of a second call of a client’s message, and of one without a template', async () => {
  const { tie, ask } = relay();
  const ends = [
    await tie.primary('legacy', messages, asking('What of walruses?'), 'a'),
    await tie.primary('legacy', rename, { params: {}, request: { title: 'A carpenter’s walk' } }, 'b'),
  ];
  await ask(callOf(described('What of walruses?')));
  expect([tie.untiedCallOf('legacy', 'a'), tie.untiedCallOf('legacy', 'b')]).toEqual([undefined, undefined]);
  await ask(callOf('Summarise the day.'));
  expect([tie.untiedCallOf('legacy', 'a'), tie.untiedCallOf('legacy', 'b')]).toEqual([undefined, undefined]);
  await ask(callOf('A title for: What of walruses?'));
  await ask(callOf('An icon for: A carpenter’s walk'));
  expect(tie.untiedCallOf('legacy', 'a')).toMatchObject({ isRoutes: true });
  expect(tie.untiedCallOf('legacy', 'b')).toMatchObject({ isRoutes: true });
  for (const end of ends) end();
});

it('pays for a client’s call that has nobody’s message in it once no replay can have made it', async () => {
  const { tie, paid, ask } = relay();
  const endReplay = await tie.replay('legacy', messages, asking('walrus'), 'a', 'They are well.');
  const endPrimary = await tie.primary('legacy', messages, asking('oyster'), 'b');
  const answer = ask(callOf('Kindly.'));
  expect(paid).toEqual([]);
  endReplay();
  await answer;
  expect([paid, tie.untiedCallOf('legacy', 'b')]).toEqual([
    ['Kindly.'],
    expect.objectContaining({ isRoutes: true }),
  ]);
  endPrimary();
});
