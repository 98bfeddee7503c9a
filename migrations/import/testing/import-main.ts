/** A process that imports, and is gone before its nth statement, as if it had been killed there; see again.test.ts. */
import { openDatabase } from '../../open.ts';
import { importLegacy } from '../import.ts';
import { legacyModel } from '../source/documents.ts';

const [place = '', folder = '', workFolder = '', nth = ''] = process.argv.slice(2);
const where = place.startsWith('postgres:') ? { url: place } : { folder: place };
const db = await openDatabase(where, legacyModel);
let statements = 0;
const dying = db.withPlugin({
  transformQuery({ node }) {
    if (++statements === Number(nth)) process.kill(process.pid, 'SIGKILL');
    return node;
  },
  transformResult: async ({ result }) => result,
});
await importLegacy({
  db: dying,
  folder,
  workFolder,
  dryRun: false,
  rows: 5,
  python: () => Promise.reject(new Error('There is no Chroma folder')),
  keep: { deletedPdfs: true, deletedChats: true },
});
await db.destroy();
