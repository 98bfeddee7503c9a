/** A whole entry, for a person who does by hand what could not be replayed. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { loadEntry } from './entries.ts';
import type { JournalDb } from './tables.ts';

export interface ExportedEntry {
  id: string;
  route: RouteKey;
  /** Who has it. */
  side: BackendName;
  keys: readonly string[];
  state: string;
  mirror: string;
  /** ISO 8601, UTC. */
  admittedAt: string;
  request: {
    method: string;
    target: string;
    rawHeaders: readonly string[];
    /** Base64. */
    body?: string;
    /** In the data folder, where it is too large for the journal. */
    bodyFile?: string;
  };
  /** What the client got. */
  answer?: { status: number; rawHeaders: readonly string[]; body: string };
}

/** In public ids. @returns undefined where there is no such entry */
export async function exportEntry(db: JournalDb, id: string): Promise<ExportedEntry | undefined> {
  const entry = await loadEntry(db, id);
  if (!entry) return undefined;
  const { method, target, rawHeaders, bodyFile } = entry.request;
  const { route, side, keys, state, mirror, body, answer } = entry;
  return {
    id,
    route,
    side,
    keys,
    state,
    mirror,
    admittedAt: entry.admittedAt.toISOString(),
    request: {
      method,
      target,
      rawHeaders,
      ...(body && 'bytes' in body && { body: base64(body.bytes) }),
      ...(bodyFile && { bodyFile: `continuity/bodies/${bodyFile}` }),
    },
    ...(answer && { answer: shown(answer) }),
  };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const shown = ({ status, rawHeaders, body }: StoredAnswer) => ({ status, rawHeaders, body: base64(body) });
