/** What the doctor looks at where only the tool is installed. */
import type { PortUse } from '../../ports.ts';
import type { Settings } from '../../settings.ts';
import { type Check, fault } from './check.ts';
import { configuration } from './configuration.ts';
import { flags } from './flags.ts';
import { dataFolder, disk, gateway, legacyApp, ports } from './machine.ts';
import { database } from './servers.ts';

const portsOf = ({ gateway: origin, console }: Settings): PortUse[] => [
  { ...origin, what: 'the gateway', variable: 'PORT' },
  { ...console, what: "the operator's console", variable: 'CONSOLE_PORT' },
];

const noLegacy = async () => fault('nothing says where it is', 'Set LEGACY_URL.');

export const ownChecks: readonly Check[] = [
  dataFolder,
  ports(portsOf),
  gateway,
  configuration,
  legacyApp(noLegacy),
  disk,
  database(),
  ...flags,
];
