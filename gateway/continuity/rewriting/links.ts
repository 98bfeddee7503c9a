/** Legacy's own ids in headers that point to routes of the table: `Location`, `Content-Location` and `Link`. */
import type { PathMatch } from '@banyan/route-table/match.ts';
import type { IdRegistry } from '../names/id-registry.ts';

export type Match = (path: string) => PathMatch | undefined;

/** Where a header's addresses stand in its value. */
const addresses: Record<string, RegExp> = {
  location: /^.*$/s,
  'content-location': /^.*$/s,
  link: /(?<=<)[^>]*(?=>)/g,
};

/** The header list with public ids in the paths of routes. The same list where it has none to change. */
export function publicLinks(rawHeaders: readonly string[], match: Match, ids: IdRegistry): readonly string[] {
  let changed: string[] | undefined;
  for (let i = 1; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i - 1] ?? '').toLowerCase();
    const pattern = Object.hasOwn(addresses, name) ? addresses[name] : undefined;
    if (!pattern) continue;
    const value = rawHeaders[i] ?? '';
    const shown = value.replace(pattern, (address) => publicAddress(address, match, ids));
    if (shown === value) continue;
    changed ??= [...rawHeaders];
    changed[i] = shown;
  }
  return changed ?? rawHeaders;
}

/** An absolute address, or one that begins with a path. */
function publicAddress(address: string, match: Match, ids: IdRegistry): string {
  const [, origin = '', path = '', rest = ''] =
    /^((?:https?:)?\/\/[^/?#]*)?(\/[^?#]*)(.*)$/is.exec(address) ?? [];
  const found = path === '' ? undefined : safely(match, path);
  if (!found) return address;
  const segments = path.split('/');
  for (const route of found.routes)
    for (const { kind, place } of route.ids) {
      if (place.in !== 'path' || !ids.differs(kind)) continue;
      const at = route.path.split('/').indexOf(`:${place.name}`);
      const id = found.params[place.name] ?? '';
      const publicId = ids.publicOf(kind, id);
      if (at > 0 && publicId !== id) segments[at] = encodeURIComponent(publicId);
    }
  return origin + segments.join('/') + rest;
}

/** @returns undefined also for a path whose escapes are no text */
function safely(match: Match, path: string): PathMatch | undefined {
  try {
    return match(path);
  } catch {
    return undefined;
  }
}
