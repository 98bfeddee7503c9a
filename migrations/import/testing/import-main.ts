/** A process that imports and is killed at it; see again.test.ts. */
import { importInto } from '../import-into.ts';

const [place = '', folder = '', workFolder = '', python = ''] = process.argv.slice(2);
await importInto(place.startsWith('postgres:') ? { url: place } : { folder: place }, {
  ...{ folder, workFolder, python: async () => python, dryRun: false, rows: 20 },
  keep: { deletedPdfs: true, deletedChats: true },
  onProgress: (progress) => process.send?.(progress),
});
process.disconnect();
