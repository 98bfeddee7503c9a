/** Why the database cannot be opened; each says what to do. */

/** The database cannot be used as it is, and the message is for the operator. */
export class UnfitDatabaseError extends Error {}

/** Another process has the folder. */
export class DatabaseInUseError extends UnfitDatabaseError {
  constructor(folder: string, pid: number) {
    super(
      `Process ${pid} has the database in ${folder} open, and only one can. ` +
        'Stop it, or set BANYAN_DATA to another folder, or DATABASE_URL to a PostgreSQL server, which takes many.',
    );
    this.name = 'DatabaseInUseError';
  }
}

/** The database has migrations that this code does not know: newer code has been here. */
export class NewerSchemaError extends UnfitDatabaseError {
  constructor(unknown: string[]) {
    super(
      `The database is newer than this program: it has ${unknown.join(', ')}. Run the version that made it, or a newer one.`,
    );
    this.name = 'NewerSchemaError';
  }
}

/** The server cannot be used as it is. */
export class DatabaseUnusableError extends UnfitDatabaseError {
  constructor(server: string, reason: string, advice: string, cause: unknown) {
    super(`The database at ${server} cannot be used: ${reason}. ${advice}`, { cause });
    this.name = 'DatabaseUnusableError';
  }
}
