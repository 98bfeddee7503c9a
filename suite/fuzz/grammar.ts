/**
 * What a generator has to be told of an application. Places, ids and request bodies come from the route table and its
 * OpenAPI document; this is the rest: texts that mean something to it, names that come again, files that it can read.
 */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type fc from 'fast-check';

export interface Grammar {
  /** Which routes are asked more often; 1 unless told. */
  weights?: Readonly<Record<RouteKey, number>>;
  /** Parameters of paths that are no ids, by name: segments as they stand in a path, escaped. */
  parameters?: Readonly<Record<string, fc.Arbitrary<string>>>;
  /** Good values of a body's fields, by route and field, instead of any text or beside what the document says. */
  fields?: Readonly<Record<RouteKey, Readonly<Record<string, fc.Arbitrary<unknown>>>>>;
  /** Files that are uploaded. */
  files?: fc.Arbitrary<UploadedFile>;
  /** Targets that are never sent: what the gateway answers itself. */
  leaveOut?: RegExp;
  /** JSON bodies that are never sent, as their values. */
  leaveOutBody?: (value: unknown) => boolean;
}

export interface UploadedFile {
  /** Unicode; how it is written is drawn. */
  name: string;
  content: Buffer;
}
