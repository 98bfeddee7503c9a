/** A process that migrates when it is told to; see migrate.test.ts. */

import { connect } from '../../services/db/connect.ts';
import { migrate } from '../migrate.ts';

const [url = ''] = process.argv.slice(2);
const db = connect({ url });
process.send?.('ready');
process.once('message', async () => {
  const applied = await migrate(db);
  // Whoever only waited has to find the tables there.
  await db.selectFrom('chats').selectAll().execute();
  process.send?.(applied);
  await db.destroy();
  process.disconnect();
});
