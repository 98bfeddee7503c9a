/** Versions, packages, ports, disk, and what is set up once. */
import { existsSync, readFileSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packagesAreCurrent } from '../../setup/bootstrap.mjs';
import { findPython } from '../../setup/find-python.ts';
import { checkPorts } from '../ports.ts';
import { sharedIn } from '../private-data.ts';
import { portsOf } from '../run.ts';
import { type Check, fault, ok, type Patient, warning } from './check.ts';

export const machine: readonly Check[] = [
  {
    name: 'Node',
    async look({ root }) {
      const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        dependencies: { node: string };
      };
      const [runs, wanted] = [process.versions.node, dependencies.node];
      if (runs === wanted) return ok(`Node ${runs}`);
      return Number.parseInt(runs, 10) < 24
        ? fault(
            `Node ${runs}, and 24 is needed`,
            'Start it with `npm start` or `npx banyan`, which bring their own.',
          )
        : warning(`Node ${runs}, tested with ${wanted}`, 'Use the Node of package.json, or the image.');
    },
  },
  {
    name: 'Packages',
    async look({ root, env }) {
      if (packagesAreCurrent(root)) return ok('as package-lock.json has them');
      // An image has no packages of development.
      if (env.NODE_ENV === 'production') return ok('those of the image');
      return fault('they are not those of package-lock.json', 'Run `npm ci`; `npm start` does it too.');
    },
  },
  {
    name: 'Data folder',
    async look({ settings: { dataFolder, setupFolder } }) {
      // Setting up may have made it; what others must not read comes with a start.
      if (!existsSync(join(dataFolder, 'run'))) return ok("its owner's alone from the first start on");
      const [first, ...rest] = await sharedIn(dataFolder, setupFolder);
      if (!first) return ok(`${dataFolder} is its owner's alone`);
      const more = rest.length > 0 ? ` and ${rest.length} more` : '';
      return fault(
        `others may read ${first.path} (${(first.mode & 0o777).toString(8)})${more}`,
        'Start Banyan, which corrects that, or run `chmod -R go= ` on it; what belongs to another user has to be given back first.',
      );
    },
  },
  {
    name: 'Ports',
    async look({ settings, gateway }) {
      if (gateway) return ok(`in use by the gateway at ${gateway.url}`);
      const uses = portsOf(settings);
      await checkPorts(uses);
      return ok(`${uses.map(({ port }) => port).join(', ')} are free`);
    },
  },
  {
    name: 'Gateway',
    async look({ gateway }) {
      if (!gateway) return ok('none runs with these settings');
      return gateway.ready
        ? ok(`runs and is ready, console at ${gateway.url}`)
        : warning(
            'runs and is not ready',
            'It is starting or stopping; if this lasts, look into logs/gateway.log.',
          );
    },
  },
  {
    name: 'Legacy app',
    async look({ settings, env }) {
      const { url } = settings.legacy;
      if (url) {
        const answer = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: 'manual' }).catch(
          () => undefined,
        );
        return answer
          ? ok(`answers at ${url}`)
          : fault(`does not answer at ${url}`, 'Start it, or correct LEGACY_URL.');
      }
      if (existsSync(join(settings.setupFolder, 'python/bin/python')))
        return ok('its Python environment is there');
      const { version } = await findPython(env);
      return ok(`its environment is made at the first start, with Python ${version}`);
    },
  },
  {
    name: 'Embedding model',
    async look({ settings }) {
      const model = join(settings.setupFolder, 'all-MiniLM-L6-v2/onnx/model.onnx');
      return existsSync(model)
        ? ok('it is there')
        : warning('it is not there yet', 'The first start makes it, with about 180 MB to download.');
    },
  },
  { name: 'Disk', look: disk },
];

const megabyte = 1024 * 1024;

async function disk({ settings: { dataFolder } }: Patient) {
  const place = existing(dataFolder);
  const mayWrite = await access(place, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!mayWrite)
    return fault(
      `${dataFolder} cannot be written`,
      'Give this user the folder, or set BANYAN_DATA to another.',
    );
  const { bavail, bsize } = await statfs(place);
  const free = Math.round((bavail * bsize) / megabyte);
  const says = `${free.toLocaleString('en')} MB are free at ${dataFolder}`;
  if (free < 200)
    return fault(says, 'Make room: an upload takes up to 50 MB, and what cannot be journaled is refused.');
  return free < 2000 ? warning(says, 'Make room before a cutover: files, journal and logs grow.') : ok(says);
}

/** The folder, or the nearest above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}
