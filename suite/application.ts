/** What the suite and the generator are told of the application that they look at. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Fingerprints } from '@banyan/gateway/evidence/evidence.ts';
import type { StandInVoice } from '@banyan/gateway/relay/stand-in/voice.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { FreshBackends } from './fresh/backends.ts';
import type { Grammar } from './fuzz/grammar.ts';
import type { PlantedFaults } from './mutants/planted-faults.ts';
import type { ChangesIn } from './retired/change.ts';
import { UsageError } from './usage-error.ts';

export interface TestedApplication {
  table: RouteTable;
  /** The folder of its recordings. */
  recordings: string;
  /** Its register of accepted divergences; nothing is accepted without one. */
  accepted?: string;
  /** What the generator has to know beyond the table and its OpenAPI document. */
  grammar?: Grammar;
  /** What its quirks change once they are retired, by name. */
  changes?: Readonly<Record<string, ChangesIn>>;
  /** Starts its backends; without it the suite compares only backends that run already. */
  freshBackends?: (options: FreshOptions) => Promise<FreshBackends>;
  /** How the relay's stand-in answers its prompts; without it the stand-in quotes nothing. */
  standIn?: StandInVoice;
  /** Where its evidence is kept, and of what; without it the suite writes none. */
  evidence?: EvidencePlace;
  /** Faults that can be planted in its source; without them `--mutants` has nothing to plant. */
  faults?: PlantedFaults;
}

export interface FreshOptions {
  /** Quirks that the new backend does not have. */
  retired: readonly string[];
}

export interface EvidencePlace {
  /** Absolute. */
  file: string;
  /** Of the code and the recordings that are there now. */
  fingerprints(retired: readonly string[]): Fingerprints;
}

/**
 * @param file a module whose default export is one
 * @param usual the one of the command that was called, taken where no file is named
 * @throws UsageError
 */
export async function testedApplication(
  file: string | undefined,
  usual: TestedApplication | undefined,
): Promise<TestedApplication> {
  if (file === undefined) {
    if (usual) return usual;
    throw new UsageError('--application is needed: it names the module of the application to test');
  }
  const path = resolve(file);
  const module = (await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new UsageError(`--application: ${error.message}`);
  })) as { default?: Partial<TestedApplication> };
  const { table, recordings, ...rest } = module.default ?? {};
  if (!table || recordings === undefined)
    throw new UsageError(
      `--application: ${path} has no default export with a table and a folder of recordings`,
    );
  return { table, recordings, ...rest };
}
