/** A process that claims the database at a URL and does nothing else, until it is killed. */
import { openSession } from '@banyan/operations/db/session.ts';
import { silentLog } from '../../log.ts';
import { Claim } from '../claim/claim.ts';

const url = process.argv[2] ?? '';
await Claim.take({
  openSession: (name) => openSession(url, name),
  query: () => Promise.reject(new Error('the database is asked by the session')),
  log: silentLog,
});
process.send?.('claimed');
process.on('disconnect', () => process.exit());
