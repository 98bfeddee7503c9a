/** A process that imports, and is gone before its nth statement, as if it had been killed there; see again.test.ts. */
import { openDatabase } from '../../../services/db/open.ts';
import { dimension } from '../chroma/documents.ts';
import { importLegacy } from '../import.ts';

const [place = '', folder = '', workFolder = '', nth = ''] = process.argv.slice(2);
const db = await openDatabase(place.startsWith('postgres:') ? { url: place } : { folder: place }, {
  id: 'all-MiniLM-L6-v2',
  dimension,
});
let statements = 0;
const dying = db.withPlugin({
  transformQuery({ node }) {
    if (++statements === Number(nth)) process.kill(process.pid, 'SIGKILL');
    return node;
  },
  transformResult: async ({ result }) => result,
});
await importLegacy({
  ...{ db: dying, folder, workFolder, dryRun: false, rows: 5 },
  python: () => Promise.reject(new Error('There is no Chroma folder')),
  keep: { deletedPdfs: true, deletedChats: true },
});
await db.destroy();
