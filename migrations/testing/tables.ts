import { sql } from 'kysely';
import { SCHEMA } from '../../services/db/schema.ts';
import type { Db } from '../../services/db/transaction.ts';

export interface TableShape {
  /** `name type null|not null default` */
  columns: string[];
  constraints: string[];
  indexes: string[];
}

/** The tables of our schema, by name, as PostgreSQL describes them. */
export async function tablesOf(db: Db): Promise<Record<string, TableShape>> {
  const { rows } = await sql<TableShape & { name: string }>`
    select c.relname as name,
      array(select a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
            || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') || ' storage ' || a.attstorage::text
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
      array(select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = c.oid order by conname) as constraints,
      array(select indexdef from pg_indexes where schemaname = ${SCHEMA} and tablename = c.relname order by indexname) as indexes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${SCHEMA} and c.relkind = 'r' order by c.relname`.execute(db);
  return Object.fromEntries(rows.map(({ name, ...shape }) => [name, shape]));
}
