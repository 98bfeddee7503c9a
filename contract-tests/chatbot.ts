/** The RAG chatbot, as suite and generator are told of it. */
import { join } from 'node:path';
import type { TestedApplication } from '@banyan/suite/application.ts';
import { chatbotTable } from '../banyan.table.ts';
import { chatbot } from './fuzz/chatbot.ts';
import { chatbotChanges } from './retired/chatbot/index.ts';

export default {
  table: chatbotTable,
  recordings: join(import.meta.dirname, 'recordings'),
  accepted: join(import.meta.dirname, 'accepted.yaml'),
  grammar: chatbot,
  changes: chatbotChanges,
} satisfies TestedApplication;
