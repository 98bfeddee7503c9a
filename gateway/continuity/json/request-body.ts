/** JSON of a request's body as both backends read it: what Python takes for JSON is more than what JavaScript does. */
import { jsonLoads } from '../../../services/wire/python/json-loads.ts';
import type { PythonValue } from '../../../services/wire/python/values.ts';

/** @returns undefined where the backends refuse it; numbers that JavaScript has not are approximate */
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
