import { sql } from 'kysely';

/** By the database's clock: several processes have to agree. */
export const secondsAgo = (seconds: number) =>
  sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})`;
