/**
 * Texts that PostgreSQL cannot hold, held all the same. JSON may carry U+0000 and lone surrogates; a `text` column takes
 * neither, and PGlite drops a U+FEFF at the beginning of what it reads. They are stored as escapes, and the backslash is
 * doubled; every other text is stored as it is.
 */

const unstorable = /[\\\0\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** @returns a text that a `text` column takes, and that `fromStored` turns back */
export function toStored(text: string): string {
  return text.replace(unstorable, (unit) =>
    unit === '\\' ? '\\\\' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function fromStored(stored: string): string {
  return stored.replace(/\\(?:\\|u([0-9a-f]{4}))/g, (_, code?: string) =>
    code === undefined ? '\\' : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
