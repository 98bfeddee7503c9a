/** `npm run pack`: makes the tarball of the tool, and tries it where that is asked. */
import { dirname, join, relative, resolve } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { npmCommand } from '../setup/options.ts';
import { node22 } from './node-22.ts';
import { pack } from './pack.ts';
import { installInto, startInstalled, temporary } from './try.ts';

const root = dirname(dirname(import.meta.dirname));
const command = npmCommand(
  'pack',
  'Makes one tarball of the tool without any application: JavaScript with type declarations.',
  '0 it is made, and works where it was tried; 1 it does not',
)
  .option('--out <folder>', 'where the tarball goes', '.banyan/pack')
  .option('--try', 'install it in an empty folder and start it under Node 22')
  .parse();
const { out, try: isTried } = command.opts<{ out: string; try?: boolean }>();

try {
  const tarball = pack(root, resolve(root, out));
  console.log(relative(process.cwd(), tarball));
  if (isTried) await tryTarball(tarball);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function tryTarball(tarball: string): Promise<void> {
  const { setupFolder } = readSettings(process.env, root);
  const node = node22(join(setupFolder, 'node-22'), (line) => console.error(line));
  const folder = temporary();
  try {
    const { megabytes } = installInto(folder.path, tarball);
    console.log(`installed: ${megabytes} MB`);
    const { version, readyAfter, worked, resident } = await startInstalled(folder.path, node);
    console.log(
      `${version}: ready after ${readyAfter} ms (${worked} ms of work), ${resident} MB resident after 200 requests`,
    );
  } finally {
    folder.remove();
  }
}
