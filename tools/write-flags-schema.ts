/** Writes `flags.schema.json`: `npm run flags:schema`, after a change of the route table or of the modes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagSchema } from '@banyan/gateway/flags/schema.ts';
import { routeTable } from '../contract/routes.ts';

writeFileSync(
  join(import.meta.dirname, '../flags.schema.json'),
  `${JSON.stringify(flagSchema(routeTable), null, 2)}\n`,
);
