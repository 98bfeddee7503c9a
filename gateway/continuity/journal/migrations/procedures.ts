/** Procedures of the journal in the database, as its migrations make and drop them. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan_journal';

export interface Procedure {
  name: string;
  /** Parameters and what it returns, as SQL. */
  head: string;
  /** In PL/pgSQL. */
  body: string;
}

/** Every statement in them finds what it wants by a key, whatever the values are: planned once for a connection. */
const settings = sql`set search_path = ${sql.id(schema)}, pg_temp set plan_cache_mode = force_generic_plan`;

export async function createProcedures(db: Kysely<unknown>, procedures: readonly Procedure[]): Promise<void> {
  for (const { name, head, body } of procedures)
    await sql`create function ${sql.id(schema, name)} ${sql.raw(head)} language plpgsql ${settings} as ${sql.lit(body)}`.execute(
      db,
    );
}

export async function dropProcedures(db: Kysely<unknown>, procedures: readonly Procedure[]): Promise<void> {
  for (const { name } of procedures) await sql`drop function ${sql.id(schema, name)}`.execute(db);
}
