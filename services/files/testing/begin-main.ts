/** A process that begins a file and is killed; see files.test.ts. */
import { openDirectoryStore } from '../directory-store.ts';

const [folder = ''] = process.argv.slice(2);
const files = await openDirectoryStore(folder);
const writer = await files.begin();
await writer.write(Buffer.from('half'));
process.send?.('begun');
setInterval(() => {}, 1000);
