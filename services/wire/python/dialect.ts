/** How the legacy app reads requests, for who stands before it: Python's white space and JSON, and Werkzeug's paths. */
import type { LegacyDialect, RouteTable } from '../../../contract/route-types.ts';
import { createRouter } from '../route.ts';
import { jsonLoads } from './json-loads.ts';
import { strip } from './strings.ts';
import type { PythonValue } from './values.ts';

export function pythonDialect(table: RouteTable): LegacyDialect {
  const router = createRouter(table);
  return {
    trim: strip,
    parse: parseRequest,
    spelled(method, target, host) {
      const routed = router(method, target, host);
      return routed.found === 'route' ? { path: routed.route.path, params: routed.params } : undefined;
    },
  };
}

/** What Python takes for JSON is more than what JavaScript does. Numbers that JavaScript has not are approximate. */
export function parseRequest(body: Uint8Array): unknown {
  if (body.byteLength === 0) return undefined;
  try {
    return plain(jsonLoads(body));
  } catch {
    return undefined;
  }
}

function plain(value: PythonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return typeof value === 'bigint' ? Number(value) : value;
}
