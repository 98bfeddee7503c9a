/** A request's headers as WSGI applications see them: repeated ones joined, names in any case. */

/** @returns the value, repeated headers joined by a comma as Werkzeug's server does; undefined where there is none */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== name) continue;
    value = value === undefined ? rawHeaders[i + 1] : `${value},${rawHeaders[i + 1]}`;
  }
  return value;
}
