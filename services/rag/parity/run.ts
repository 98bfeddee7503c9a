/** `npm run parity:vectors` */
import { fromZero, npmCommand, positive } from '../../../tools/setup/options.ts';
import { startEmbeddings } from '../embeddings/mini-lm.ts';
import { legacyRetrieval, modelFolder } from '../testing/legacy.ts';
import { textsOfEveryKind } from './texts.ts';
import { compareVectors, vectorLines } from './vectors.ts';

const { texts, seed } = npmCommand(
  'parity:vectors',
  'Our vectors of texts of every kind against those that the legacy app makes.',
  '0 every cosine is at least 0.99999; 1 one is not',
)
  .option('--texts <n>', 'how many', positive, 5000)
  .option('--seed <n>', 'of what is random', fromZero, 1)
  .parse()
  .opts<{ texts: number; seed: number }>();
const embeddings = startEmbeddings({ modelFolder });
const legacy = await legacyRetrieval();
try {
  const parity = await compareVectors(textsOfEveryKind(texts, seed), embeddings, legacy);
  for (const line of vectorLines(parity)) console.log(line);
  process.exitCode = parity.worst.cosine >= 0.99999 ? 0 : 1;
} finally {
  await embeddings.close();
  await legacy.close();
}
