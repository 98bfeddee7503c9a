/** PostgreSQL that is away for a moment: a restart, a failover. */

/** Classes of https://www.postgresql.org/docs/18/errcodes-appendix.html: connection, resources, shutdown, and retriable conflicts. */
const awayCodes =
  /^(?:08...|53...|57P0.|40001|40P01|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)$/;
const awayWords = /connection terminated|terminating connection|connection ended|timeout|not queryable/i;

/** Whether trying again may help; the statement may have been done all the same. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined && isAway(error.cause)) return true;
  const code = 'code' in error ? String(error.code) : '';
  return awayCodes.test(code) || (code === '' && awayWords.test(error.message));
}
