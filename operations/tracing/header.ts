/** `traceparent` in a raw header list. */

/**
 * @param rawHeaders name, value, name, value, …; order and case are kept, and all that is not `traceparent`
 * @returns the list with this `traceparent` in the client's place, or at the end where the client sent none
 */
export function withTraceparent(rawHeaders: readonly string[], traceparent: string): string[] {
  return names(rawHeaders) ? inPlace(rawHeaders, traceparent) : [...rawHeaders, 'traceparent', traceparent];
}

function names(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) if (isTraceparent(rawHeaders[i] as string)) return true;
  return false;
}

const isTraceparent = (name: string) => name.length === 11 && name.toLowerCase() === 'traceparent';

function inPlace(rawHeaders: readonly string[], traceparent: string): string[] {
  const list: string[] = [];
  let isThere = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const isIt = isTraceparent(name);
    // Two of them are none (W3C Trace Context 3.2.1), and one is sent.
    if (isIt && isThere) continue;
    list.push(name, isIt ? traceparent : (rawHeaders[i + 1] as string));
    isThere ||= isIt;
  }
  return list;
}
