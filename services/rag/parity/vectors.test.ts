import { chance } from '@banyan/operations/testing/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModel, type Model } from '../embeddings/child/model.ts';
import { startEmbeddings } from '../embeddings/mini-lm.ts';
import { type LegacyRetrieval, legacyRetrieval, modelFolder } from '../testing/legacy.ts';
import { textsOfEveryKind } from './texts.ts';
import { compareVectors } from './vectors.ts';

const embeddings = startEmbeddings({ modelFolder });
let legacy: LegacyRetrieval;
let model: Model;
beforeAll(async () => {
  legacy = await legacyRetrieval();
  model = await loadModel(modelFolder);
});
afterAll(async () => {
  await embeddings.close();
  await legacy.close();
});

async function expectSameTokens(texts: string[]): Promise<void> {
  for (let at = 0; at < texts.length; at += 1000) {
    const some = texts.slice(at, at + 1000);
    const theirs = await legacy.call('tokens', some);
    for (const [n, text] of some.entries())
      if (String(model.tokens(text)) !== String(theirs[n]))
        expect(model.tokens(text), JSON.stringify(text)).toEqual(theirs[n]);
  }
}

test('every character is cut into the tokens of legacy, by itself and within a word', async () => {
  const planes = [0, 1, 2, 3, 14].flatMap((plane) =>
    Array.from({ length: 0x10000 }, (_, n) => (plane << 16) + n),
  );
  const characters = planes.filter((point) => point < 0xd800 || point > 0xdfff);
  const texts: string[] = [];
  for (let at = 0; at < characters.length; at += 40)
    texts.push(
      characters
        .slice(at, at + 40)
        .map((point) => `${String.fromCodePoint(point)} a${String.fromCodePoint(point)}b`)
        .join(' '),
    );
  await expectSameTokens(texts);
}, 120_000);

test('so are texts of every kind, cut at 256 with the last token kept', async () => {
  const texts = textsOfEveryKind(6000, 2);
  await expectSameTokens(texts);
  const longest = Math.max(...texts.map((text) => model.tokens(text).length));
  expect(longest).toBe(256);
  expect(new Set(texts.map((text) => model.tokens(text).at(-1)))).toEqual(new Set([102]));
}, 120_000);

test('what comes after many words is left before it is looked at, and never counts', async () => {
  const random = chance(3);
  const words = () =>
    Array.from({ length: 300 }, () => random.of(['a', 'pump', '!', '—', '\u0301', 'é,', '。'])).join(' ');
  await expectSameTokens(Array.from({ length: 300 }, words));
  const begun = performance.now();
  model.tokens('word '.repeat(1_000_000));
  model.tokens('!'.repeat(100_000));
  expect(performance.now() - begun).toBeLessThan(5000);
});

test('vectors of texts of every kind are legacy’s', async () => {
  const parity = await compareVectors(textsOfEveryKind(300), embeddings, legacy);
  expect(parity.worst.cosine, parity.worst.text).toBeGreaterThan(0.99999);
  expect(parity.largest).toBeLessThan(1e-5);
}, 120_000);
