/** `npm run parity:vectors [-- COUNT [SEED]]`: our vectors of 5,000 texts of every kind against legacy's, printed. */
import { startEmbeddings } from '../embeddings/mini-lm.ts';
import { legacyRetrieval, modelFolder } from '../testing/legacy.ts';
import { textsOfEveryKind } from './texts.ts';
import { compareVectors, vectorLines } from './vectors.ts';

const [count = 5000, seed = 1] = process.argv.slice(2).map(Number);
const embeddings = startEmbeddings({ modelFolder });
const legacy = await legacyRetrieval();
try {
  const parity = await compareVectors(textsOfEveryKind(count, seed), embeddings, legacy);
  for (const line of vectorLines(parity)) console.log(line);
  process.exitCode = parity.worst.cosine >= 0.99999 ? 0 : 1;
} finally {
  await embeddings.close();
  await legacy.close();
}
