/**
 * Records `sequences.ts` anew, from a fresh legacy app, the new backend in step: `node contract-tests/mutants/record.ts
 * [NAME …]`. To be run when a sequence changes; the recordings are committed.
 */
import { dirname, join } from 'node:path';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { play } from '@banyan/suite/fuzz/play/play.ts';
import { writeRecording } from '@banyan/suite/fuzz/recording.ts';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { freshBackends } from '../fresh/backends.ts';
import { setUp } from '../setup.ts';
import { sequences } from './sequences.ts';

const suite = join(import.meta.dirname, '..');
const root = dirname(suite);
process.env.TZ ||= 'Asia/Kathmandu';
const setup = await setUp();
const backends = await freshBackends({ root, table: chatbotTable, ...setup });
const names = process.argv.slice(2);
const accepted = (await readAccepted(join(suite, 'accepted.yaml'))).filter(
  ({ quirk }) => quirk === undefined,
);
try {
  for (const [name, drawn] of Object.entries(sequences)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const [left, right] = await Promise.all([backends.startLegacy(), backends.startNew()]);
    const rules = { table: chatbotTable, accepted, today: today(Date.now()) };
    const { exchanges, divergence } = await play({ rules, sides: { left, right } }, drawn);
    await Promise.all([left.close(), right.close()]);
    const kept = exchanges.filter(({ part }) => part === 'drawn' || part === 'wait');
    await writeRecording(join(suite, 'recordings'), name, kept);
    console.log(`${name}: ${kept.length} exchanges`);
    if (divergence) console.log('  the backends diverge:', divergence.judgement.differences);
  }
} finally {
  await backends.close();
}
