/** The RAG chatbot, as suite and generator are told of it. */
import { join } from 'node:path';
import type { TestedApplication } from '@banyan/suite/application.ts';
import { chatbotVoice } from '../contract/stand-in.ts';
import { chatbotTable } from '../services/chatbot-table.ts';
import { ACCEPTED_FILE, EVIDENCE_FILE, fingerprintsIn } from './evidence.ts';
import { freshBackends } from './fresh/backends.ts';
import { chatbot } from './fuzz/chatbot.ts';
import { plantedFaults } from './mutants/planted-faults.ts';
import { chatbotChanges } from './retired/chatbot/index.ts';
import { root, setUp } from './setup.ts';

export default {
  table: chatbotTable,
  recordings: join(import.meta.dirname, 'recordings'),
  accepted: join(root, ACCEPTED_FILE),
  grammar: chatbot,
  changes: chatbotChanges,
  standIn: chatbotVoice,
  freshBackends: async ({ retired }) =>
    freshBackends({ root, table: chatbotTable, retired, ...(await setUp()) }),
  evidence: {
    file: join(root, EVIDENCE_FILE),
    fingerprints: (retired) => fingerprintsIn(root, retired.join()),
  },
  faults: plantedFaults,
} satisfies TestedApplication;
