import { sql } from 'kysely';
import { type AnyDatabase, seenWith } from '../transaction.ts';

export interface TableShape {
  /** `name type null|not null default` */
  columns: string[];
  constraints: string[];
  indexes: string[];
}

/** The tables of a schema, by name, as PostgreSQL describes them. */
export async function tablesOf(db: AnyDatabase, schema: string): Promise<Record<string, TableShape>> {
  const { rows } = await sql<TableShape & { name: string }>`
    select c.relname as name,
      array(select a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
            || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') || ' storage ' || a.attstorage::text
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
      array(select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = c.oid order by conname) as constraints,
      array(select indexdef from pg_indexes where schemaname = ${schema} and tablename = c.relname order by indexname) as indexes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind = 'r' order by c.relname`.execute(seenWith(db));
  return Object.fromEntries(rows.map(({ name, ...shape }) => [name, shape]));
}

/** Lists what was applied, in each schema that is migrated. */
export const bookkeeping: readonly string[] = ['schema_lock', 'schema_versions'];

/** Every row of a schema's tables but for the bookkeeping, as JSON, by table. */
export async function rowsOf(db: AnyDatabase, schema: string): Promise<Record<string, string[]>> {
  const on = seenWith<unknown>(db);
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${schema} order by 1`.execute(on);
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    if (bookkeeping.includes(name)) continue;
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(its)::text as row from ${sql.id(schema, name)} as its order by 1`.execute(on);
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}
