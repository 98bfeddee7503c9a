/** `npm run settings:docs`: writes the reference into docs/settings.md, between its marks. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settingsTable } from '@banyan/gateway/settings-reference.ts';
import { chatbotSettings } from '../banyan.settings.ts';

const page = join(import.meta.dirname, '../docs/settings.md');
const [start, end] = ['<!-- settings -->', '<!-- end of settings -->'];
const text = await readFile(page, 'utf8');
const [before = ''] = text.split(start);
const [, after = ''] = text.split(end);
await writeFile(page, `${before}${start}\n${settingsTable(chatbotSettings)}\n${end}${after}`);
