/** PostgreSQL that is not available for a moment: a restart, a failover, too much to do. */

/**
 * Of https://www.postgresql.org/docs/18/errcodes-appendix.html: connection, resources, shutdown; read-only, as the server is a
 * standby after a failover (25006); a statement that was cancelled, by a limit or by a standby (57014); no lock in time (55P03).
 */
const unusableCodes =
  /^(?:08...|53...|57P0.|57014|25006|55P03|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/;
const unusableWords = /connection terminated|terminating connection|connection ended|timeout|not queryable/i;
/** Conflicts of transactions: trying again may help, and nothing is wrong with the server. */
const conflictCodes = /^(?:40001|40P01)$/;

/** Whether trying again may help; the statement may have been done all the same. */
export function isAway(error: unknown): boolean {
  return (
    isUnusable(error) || conflictCodes.test(codeOf(error)) || (error instanceof Error && isAway(error.cause))
  );
}

/** Whether the connection that says so is of no more use: another one may lead to a server that does what is asked. */
export function isUnusable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return unusableCodes.test(code) || (code === '' && unusableWords.test(error.message));
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');
