/** What legacy calls things and when it says that they happened, for what clients have seen. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { IdRegistry } from './id-registry.ts';
import type { TimeMemory } from './time-memory.ts';

export interface Names {
  ids: IdRegistry;
  times: Readonly<Record<BackendName, TimeMemory>>;
}
