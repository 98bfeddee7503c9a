/** A process that writes to a folder until it is killed, and says what it was told is stored; see open.test.ts. */

import { connect } from '../connect.ts';
import { say } from './data.ts';
import { migrate } from './migrated.ts';

const [folder = ''] = process.argv.slice(2);
const db = connect({ folder });
await migrate(db);
for (let n = 0; ; n++) {
  const turns = await say(db, 'x', `${n} ${'x'.repeat(3000)}`);
  process.send?.(turns);
}
