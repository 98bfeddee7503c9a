/** A database for the tests of operations: the table that they need, and one for their effects. */

import { type Kysely, sql } from 'kysely';
import { connect as connectTo } from '../db/connect.ts';
import type { DatabasePlace } from '../db/dialects.ts';
import { createSchema } from '../db/migrate.ts';
import { formsOf } from '../db/testing/both.ts';
import type { OperationTables } from '../store.ts';

export interface Tables extends OperationTables {
  things: { id: string };
}

const schema = 'things';
const connect = (place: DatabasePlace) => connectTo<Tables>(place, { schema });

export const { onBothDatabases } = formsOf<Tables>({
  connect,
  async open(place) {
    const db = connect(place);
    await createSchema(db, schema);
    await db.schema
      .createTable('things')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .execute();
    await db.schema
      .createTable('operations')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('answer', 'text')
      .addColumn('stored_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
      .execute();
    return db;
  },
  emptied: [
    [schema, 'things'],
    [schema, 'operations'],
  ],
});

export const make = (db: Kysely<Tables>, id: string) => db.insertInto('things').values({ id }).execute();

export const all = (db: Kysely<Tables>) => db.selectFrom('things').selectAll().execute();
