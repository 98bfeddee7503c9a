/** Why the database cannot be opened; each says what to do. */

/** Another process has the folder. */
export class DatabaseInUseError extends Error {
  constructor(folder: string, pid: number) {
    super(
      `Process ${pid} has the database in ${folder} open, and only one can. ` +
        'Stop it, or set BANYAN_DATA to another folder, or DATABASE_URL to a PostgreSQL server, which takes many.',
    );
    this.name = 'DatabaseInUseError';
  }
}

/** The database has migrations that this code does not know: newer code has been here. */
export class NewerSchemaError extends Error {
  constructor(unknown: string[]) {
    super(
      `The database is newer than this program: it has ${unknown.join(', ')}. Run the version that made it, or a newer one.`,
    );
    this.name = 'NewerSchemaError';
  }
}

/** The model that vectors come from; a database holds those of one model only. */
export interface EmbeddingModelId {
  id: string;
  dimension: number;
}

/** The database's vectors come from another model. */
export class OtherModelError extends Error {
  constructor(stored: EmbeddingModelId, wanted: EmbeddingModelId) {
    super(
      `The database has vectors of ${stored.id} (${stored.dimension} dimensions), the program is set to ${wanted.id} (${wanted.dimension}). ` +
        'Set the model that the database has in services/rag/configuration.ts, or start with an empty database ' +
        '(another BANYAN_DATA, or another one in DATABASE_URL) and upload the documents again.',
    );
    this.name = 'OtherModelError';
  }
}

/** The server cannot be used as it is. */
export class DatabaseUnusableError extends Error {
  constructor(server: string, reason: string, advice: string, cause: unknown) {
    super(`The database at ${server} cannot be used: ${reason}. ${advice}`, { cause });
    this.name = 'DatabaseUnusableError';
  }
}
