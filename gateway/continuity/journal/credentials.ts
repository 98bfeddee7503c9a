/** What the journal never writes down: headers whose values are secret. */

/** @param secret names in lower case */
export function withoutCredentials(rawHeaders: readonly string[], secret: SecretHeaders): string[] {
  return rawHeaders.filter((_text, i) => !secret.has((rawHeaders[i - (i % 2)] ?? '').toLowerCase()));
}

/** Which headers carry credentials; names in lower case. */
export interface SecretHeaders {
  has(name: string): boolean;
}
