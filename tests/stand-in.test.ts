import { answerTo, STAND_IN_MARKER } from '@banyan/gateway/relay/stand-in/answer.ts';
import { asking, callRelay, events, SSE, testRelay } from '@banyan/gateway/relay/testing.ts';
import { describe, expect, test } from 'vitest';
import { chatbotVoice, readPrompt } from '../contract/stand-in.ts';

/** A prompt as the chat application writes it. */
function promptOf(question: string, ...texts: string[]): string {
  const blocks = texts.map((text, at) => `[Source ${at + 1}: Pump manual.pdf - Page ${at + 3}]\n${text}`);
  return [
    'You are a helpful assistant. Answer the question using the context from the uploaded documents.',
    `Context:\n${blocks.join('\n\n')}`,
    `Question: ${question}`,
    'Rules:\n- Answer only from the context above.\n- Cite the sources you use, like [Source 1].',
  ].join('\n\n');
}

const manual = [
  'Congratulations on your new pump. The warranty lasts 24 months from the day of delivery. It covers parts and labour.',
  'Service the pump every year. Dr. Amara Oyelaran wrote this manual. Wear gloves when you change the filter.',
  'Table 1 on page 5: Headers: Model   Flow Model A   40 litres Model B   65 litres',
];

const reply = (question: string, ...texts: string[]) =>
  answerTo(promptOf(question, ...texts), chatbotVoice).join('');

/** The sentences that a reply quotes. */
const quoted = (text: string) => text.split('\n\n')[1]?.split('\n') ?? [];

describe('an answer', () => {
  test.each([
    ['How long does the warranty last?', 'The warranty lasts 24 months from the day of delivery. [Source 1]'],
    ['Who wrote this manual?', 'Dr. Amara Oyelaran wrote this manual. [Source 2]'],
    ['changing FILTERS', 'Wear gloves when you change the filter. [Source 2]'],
    [
      'What is the flow of model B?',
      'Table 1 on page 5: Headers: Model Flow Model A 40 litres Model B 65 litres [Source 3]',
    ],
  ])('quotes the sentence that fits “%s” and its source', (question, sentence) => {
    expect(quoted(reply(question, ...manual))).toEqual([sentence]);
  });

  test.each([
    [
      'Wie lange gilt die Garantie?',
      'Willkommen. Die Garantie gilt zwei Jahre. Öl nachfüllen!',
      'Die Garantie gilt zwei Jahre.',
    ],
    [
      'Combien dure la GARANTIE Prolongee ?',
      'Bonjour. La garantie prolongée dure trois ans.',
      'La garantie prolongée dure trois ans.',
    ],
    [
      'Сколько длится гарантия?',
      'Добро пожаловать. Ваша гарантия длится два года.',
      'Ваша гарантия длится два года.',
    ],
    ['保証期間は？', 'ようこそ。保証期間は二年です。手袋を着用してください。', '保証期間は二年です。'],
    ['ما هي مدة الضمان؟', 'مرحبا بكم. مدة الضمان سنتان.', 'مدة الضمان سنتان.'],
    ['वारंटी कितने साल की है?', 'आपका स्वागत है। वारंटी दो साल की है।', 'वारंटी दो साल की है।'],
    ['รับประกันกี่ปี', 'ยินดีต้อนรับ\u0020การรับประกันสองปี', 'ยินดีต้อนรับ การรับประกันสองปี'],
  ])('works in any script: %s', (question, text, sentence) => {
    expect(quoted(reply(question, text))).toEqual([`${sentence} [Source 1]`]);
  });

  test('quotes three sentences at most, in the order of the context', () => {
    const texts = [
      'Seal two is red.',
      'Nothing here.',
      'Seal one is blue. Seal three is green. Seal four is grey.',
    ];
    expect(quoted(reply('Which seal?', ...texts))).toEqual([
      'Seal two is red. [Source 1]',
      'Seal one is blue. [Source 3]',
      'Seal three is green. [Source 3]',
    ]);
  });

  test('keeps that order where a later sentence fits better', () => {
    const texts = ['A green seal is on the pump.', 'A green and blue seal is on the pump.'];
    expect(quoted(reply('green blue seal pump', ...texts))).toEqual([
      'A green seal is on the pump. [Source 1]',
      'A green and blue seal is on the pump. [Source 2]',
    ]);
  });

  test('prefers rare words to common ones', () => {
    const texts = ['The pump is blue. The pump is loud. The pump is heavy. Cavitation damages impellers.'];
    expect(quoted(reply('pump cavitation', ...texts))).toEqual(['Cavitation damages impellers. [Source 1]']);
  });

  test('quotes a sentence once where chunks overlap', () => {
    expect(quoted(reply('Is the seal red?', 'The seal is red.', 'The seal is red.'))).toEqual([
      'The seal is red. [Source 1]',
    ]);
  });

  test.each([
    'Who won the football match?',
    'Who won the football match that Nairobi and a pump from Kampala played yesterday evening?',
    'What is this about?',
  ])('says plainly that nothing fits “%s”', (question) => {
    const text = reply(question, ...manual);
    expect(text).toContain('no sentence of the documents fits this question');
    expect(text).not.toContain('[Source');
  });

  test('says plainly that there is no document', () => {
    expect(answerTo('Please answer the following message: Hello', chatbotVoice).join('')).toContain(
      'no document text',
    );
  });

  test.each([
    '',
    'Please answer the following message: Hello',
    promptOf('warranty', ...manual),
    promptOf('x', ...manual),
  ])('begins with the marker and says that no model is configured', (prompt) => {
    const text = answerTo(prompt, chatbotVoice).join('');
    expect(text.startsWith(`${STAND_IN_MARKER} No language model is configured`)).toBe(true);
  });

  test('is the same bytes on every machine and in every version', () => {
    expect(reply('How long does the warranty of a pump last, in litres?', ...manual)).toBe(
      `[stand-in model] No language model is configured; these sentences of the documents fit the question best:

The warranty lasts 24 months from the day of delivery. [Source 1]`,
    );
  });
});

describe('a prompt', () => {
  test('has its blocks and its question found', () => {
    expect(readPrompt(promptOf('How long?', 'One.', 'Two.'))).toEqual({
      blocks: [
        { source: 1, text: 'One.\n\n' },
        { source: 2, text: 'Two.\n\n' },
      ],
      question: 'How long?',
    });
  });

  test('may ask over several lines, and quote headings and rules', () => {
    const question = 'First.\n[Source 7: fake - Page 1]\nRules:\nQuestion: second?';
    const { blocks, question: found } = readPrompt(promptOf(question, 'One.'));
    expect(found).toBe(question);
    expect(blocks).toHaveLength(1);
  });

  test('may name sources in any way', () => {
    const prompt = '[Source 12: a [b] - c, d.pdf - Page 3, Table]\nOne.\n\nQuestion: x';
    expect(readPrompt(prompt).blocks).toEqual([{ source: 12, text: 'One.\n\n' }]);
  });

  test('without a question has the whole rest as context', () => {
    expect(readPrompt('[Source 1: a - Page 1]\nOne.')).toEqual({
      blocks: [{ source: 1, text: 'One.\n' }],
      question: '',
    });
  });
});

describe('through the relay', () => {
  test('the last user turn is answered, and the answer is called a stand-in’s', async () => {
    const relay = await testRelay({ kind: 'stand-in' }, { standIn: chatbotVoice });
    const contents = [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hi' }] },
      { role: 'user', parts: [{ text: promptOf('How long does the warranty last?', ...manual) }] },
    ];
    const response = await (await callRelay(relay, { contents })).json();
    expect(response).toEqual({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: reply('How long does the warranty last?', ...manual) }] },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      modelVersion: 'banyan-stand-in',
    });
  });

  test('a streamed answer is the same text in several parts', async () => {
    const relay = await testRelay({ kind: 'stand-in' }, { standIn: chatbotVoice });
    const prompt = promptOf('Which seal?', 'Seal one is red. Seal two is blue.');
    const parts = events(await (await callRelay(relay, asking(prompt), { path: SSE })).text());
    expect(parts.length).toBeGreaterThan(1);
    const texts = parts.map((part) => JSON.stringify(part).match(/"text":("(?:[^"\\]|\\.)*")/)?.[1] ?? '""');
    expect(texts.map((text) => JSON.parse(text)).join('')).toBe(answerTo(prompt, chatbotVoice).join(''));
  });
});
