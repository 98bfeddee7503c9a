import { chance } from '@banyan/operations/testing/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Found } from './found.ts';
import { textsOfEveryKind } from './parity/texts.ts';
import { buildPrompt } from './prompt.ts';
import { buildSources } from './sources.ts';
import { type LegacyRetrieval, legacyRetrieval } from './testing/legacy.ts';

let legacy: LegacyRetrieval;
beforeAll(async () => {
  legacy = await legacyRetrieval();
});
afterAll(() => legacy.close());

const found = (text: string, metadata: Record<string, string> = {}): Found => ({
  text,
  metadata: {
    doc_id: 'd',
    doc_type: 'pdf',
    page: '3',
    source: 'a.pdf',
    type: 'text',
    chunk_index: '0',
    ...metadata,
  },
  similarity: 0.5,
});

async function expectSame(message: string, all: Found[]): Promise<void> {
  expect(buildPrompt(message, all)).toBe(await legacy.call('build_prompt', message, all));
  expect(buildSources(all)).toEqual(await legacy.call('build_sources', all));
}

describe('prompt and sources are legacy’s', () => {
  it.each<[string, string, Found[]]>([
    ['nothing found', 'What?', []],
    [
      'a text and a table',
      'What?',
      [found('a'), found('b', { type: 'table', page: '12', table_index: '1' })],
    ],
    [
      'braces, dollars and patterns of JavaScript',
      '{message} $&x $1 %s {0}',
      [found("{context} $& $' %d \\n")],
    ],
    ['line ends and blanks', ' a\r\nb\u2028c ', [found('\n\n  a \t', { source: ' odd\nname.pdf' })]],
    ['a message that is the template', 'Context:\n\nQuestion: x\n\nRules:', [found('Rules:\n- none')]],
    ['an empty chunk', 'x', [found('')]],
    [
      '800 characters and one more',
      'x',
      [found('a'.repeat(800)), found('a'.repeat(801)), found('a'.repeat(799))],
    ],
    ['astral characters at the cut', 'x', [found('😀'.repeat(801)), found(`${'a'.repeat(799)}😀b`)]],
    ['joined ones at the cut', 'x', [found(`${'e\u0301'.repeat(400)}x`), found('👩‍👩‍👧‍👦'.repeat(120))]],
    ['half of a pair in the message', 'half \ud83d', [found('x')]],
    ['fifteen', 'x', Array.from({ length: 15 }, (_, n) => found(`chunk ${n}`, { page: String(n) }))],
  ])('%s', (_, message, all) => expectSame(message, all));

  it('texts of every kind', async () => {
    const random = chance(4);
    const texts = textsOfEveryKind(1000, 5);
    for (let n = 0; n < 100; n++)
      await expectSame(
        random.of(texts),
        Array.from({ length: random.below(16) }, () =>
          found(random.of(texts).repeat(1 + random.below(20)), {
            source: random.of(texts),
            type: random.of(['text', 'table']),
          }),
        ),
      );
  });
});
