/** The data folder, the disk, the ports, and the gateway that runs. */
import { existsSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkPorts, type PortUse } from '../../ports.ts';
import { sharedIn } from '../../private-data.ts';
import type { Settings } from '../../settings.ts';
import { type Check, type Finding, fault, ok, type Patient, warning } from './check.ts';

export const dataFolder: Check = {
  name: 'Data folder',
  async look({ settings: { dataFolder, setupFolder } }) {
    // Setting up may have made it; what others must not read comes with a start.
    if (!existsSync(join(dataFolder, 'run'))) return ok("its owner's alone from the first start on");
    const [first, ...rest] = await sharedIn(dataFolder, setupFolder);
    if (!first) return ok(`${dataFolder} is its owner's alone`);
    const more = rest.length > 0 ? ` and ${rest.length} more` : '';
    return fault(
      `others may read ${first.path} (${(first.mode & 0o777).toString(8)})${more}`,
      'Start Banyan, which puts that right, or run `chmod -R go= ` on it; what belongs to another user has to be given back first.',
    );
  },
};

/** @param usesOf every port that a start with these settings opens */
export const ports = (usesOf: (settings: Settings) => PortUse[]): Check => ({
  name: 'Ports',
  async look({ settings, gateway }) {
    if (gateway?.configuration) return ok(`in use by the gateway: ${gateway.configuration.publicUrl}`);
    if (gateway) return ok(`in use by the gateway at ${gateway.url}`);
    const uses = usesOf(settings);
    await checkPorts(uses);
    return ok(`${uses.map(({ port }) => port).join(', ')} are free`);
  },
});

export const gateway: Check = {
  name: 'Gateway',
  async look({ gateway }) {
    if (!gateway) return ok('none runs with these settings');
    if (gateway.refusal) return fault(`${gateway.url}: ${gateway.refusal.says}`, gateway.refusal.do);
    return gateway.ready
      ? ok(`runs and is ready, console at ${gateway.url}`)
      : warning('runs and is not ready', 'It starts or stops; if it stays so, look into logs/gateway.log.');
  },
};

/** @param started what is found of a legacy app that Banyan starts itself */
export const legacyApp = (started: () => Promise<Finding>): Check => ({
  name: 'Legacy app',
  async look({ settings: { legacy }, gateway }) {
    const url = gateway?.configuration?.legacyUrl ?? legacy.url;
    if (url === undefined) return started();
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: 'manual' }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    return answer
      ? ok(`answers at ${url}`)
      : fault(`does not answer at ${url}`, 'Start it, or correct LEGACY_URL.');
  },
});

export const disk: Check = { name: 'Disk', look: lookAtDisk };

const megabyte = 1024 * 1024;

async function lookAtDisk({ settings: { dataFolder } }: Patient) {
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
