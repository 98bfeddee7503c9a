/**
 * The new backend as a process of its own, from whatever copy of the source this file stands in. Gets its options as JSON in
 * its only argument, says on its channel where it listens, and ends when the channel does.
 */

import { chatbotTable } from '../../services/chatbot-table.ts';
import { type FreshNewOptions, startFreshNew } from '../fresh/new-backend.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<FreshNewOptions, 'table' | 'retired'>;
const backend = await startFreshNew({ ...options, table: chatbotTable, retired: [] });
process.once('disconnect', () => void backend.close().finally(() => process.exit()));
process.send?.({ url: backend.url });
