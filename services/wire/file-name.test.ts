import { describe, expect, it } from 'vitest';
import { python } from '../testing/python.ts';
import { fileNameFault } from './file-name.ts';

const script = `
import os, tempfile
os.chdir(tempfile.mkdtemp())
answer = []
for chat_id in given:
    try:
        os.remove(f"memory_{chat_id}.json")
        answer.append(None)
    except FileNotFoundError:
        answer.append(None)
    except Exception as error:
        answer.append(str(error))
`;

const ids = [
  'a',
  '..',
  'x'.repeat(243),
  'x'.repeat(244),
  'é'.repeat(121),
  'é'.repeat(122),
  '😀'.repeat(60),
  '😀'.repeat(61),
  '\0',
  `${'x'.repeat(300)}\0`,
  `it's ${'y'.repeat(300)}`,
  `it's "${'y'.repeat(300)}`,
  `\\ \t\n\x7f\x85\xa0\u200b\u3000\ufffd${'z'.repeat(260)}`,
];

describe('an id that is part of a file name', () => {
  it('is refused in the words of the system and of Python, and otherwise taken', async () => {
    const theirs = await python(script, ids);
    expect(ids.map((id) => fileNameFault(id) ?? null)).toEqual(theirs);
  });
});
