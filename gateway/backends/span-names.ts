/** Methods and routes as spans and metrics name them: few, whatever clients send. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/: those of RFC 9110, and PATCH. */
const known = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);

export const methodOf = (method: string): string => (known.has(method) ? method : '_OTHER');

/** `/api/chats/:chat_id` of `GET /api/chats/:chat_id`; undefined for what is no route. */
export function templateOf(key: RouteKey): string | undefined {
  const space = key.indexOf(' /');
  return space < 0 ? undefined : key.slice(space + 1);
}
