/** What the journal never writes down: headers whose values are secret. */

/** @param secret names in lower case */
export function withoutCredentials(rawHeaders: readonly string[], secret: ReadonlySet<string>): string[] {
  return rawHeaders.filter((_text, i) => !secret.has((rawHeaders[i - (i % 2)] ?? '').toLowerCase()));
}
