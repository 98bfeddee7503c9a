/** Everything that `banyan doctor` looks at here, in the order in which it says it. */
import type { Check } from '@banyan/gateway/cli/doctor/check.ts';
import { configuration } from '@banyan/gateway/cli/doctor/configuration.ts';
import { flags } from '@banyan/gateway/cli/doctor/flags.ts';
import { dataFolder, disk, gateway, legacyApp, ports } from '@banyan/gateway/cli/doctor/machine.ts';
import { database, model } from '@banyan/gateway/cli/doctor/servers.ts';
import type { BanyanSettings } from '../../../banyan.settings.ts';
import { portsOf } from '../run.ts';
import { embeddingModel, legacyPython, node, packages } from './machine.ts';
import { pgvector, queue } from './servers.ts';

export interface ChecksOptions {
  settings: BanyanSettings;
  /** The repository's root. */
  root: string;
  env: Record<string, string | undefined>;
}

export function checksOf({ settings, root, env }: ChecksOptions): Check[] {
  const machine = { root, env, setupFolder: settings.setupFolder };
  return [
    node(machine),
    packages(machine),
    dataFolder,
    ports(portsOf),
    gateway,
    configuration,
    legacyApp(() => legacyPython(machine)),
    embeddingModel(machine),
    disk,
    database(pgvector),
    queue(settings.redisUrl),
    model,
    ...flags,
  ];
}
