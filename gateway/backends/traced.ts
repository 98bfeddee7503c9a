/** A backend whose answers are seen by traces, and that is told which trace it works for. */

import { withTraceparent } from '@banyan/operations/tracing/header.ts';
import { isInSpan, isKept, isTracing, traced } from '@banyan/operations/tracing/spans.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendRequest } from './backend.ts';
import { methodOf, templateOf } from './span-names.ts';

/**
 * A span for each request that somebody's span asks for; it ends when the head of the answer is there. The same backend
 * where nothing is traced.
 * @param url where it is, if it is over HTTP: it gets `traceparent` then
 */
export function tracedBackend(backend: Backend, url?: string): Backend {
  if (!isTracing()) return backend;
  const { hostname, port, protocol } = url === undefined ? { hostname: undefined } : new URL(url);
  const server = hostname && {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
  };
  return {
    name: backend.name,
    // Nobody's trace has what the gateway looks at by itself.
    send(request, signal) {
      const { trace } = request;
      const isLeft = trace === undefined ? !isInSpan() : !isKept(trace);
      if (isLeft) return backend.send(server ? told(request, trace) : request, signal);
      const method = methodOf(request.method);
      const attributes = {
        'http.request.method': method,
        'url.template': request.route && templateOf(request.route),
        'banyan.backend': backend.name,
        'banyan.operation': request.operation?.id,
        ...server,
      };
      const kind = server ? 'client' : 'internal';
      return traced(nameOf(backend.name, method, request.route), { kind, attributes }, async (span) => {
        const answer = await backend.send(server ? told(request, span.traceparent) : request, signal);
        span.set({ 'http.response.status_code': answer.status });
        // https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: a client's span fails from 400 on.
        if (answer.status >= (server ? 400 : 500)) span.fail(String(answer.status));
        return answer;
      });
    },
    close: () => backend.close(),
  };
}

const nameOf = (backend: string, method: string, route: RouteKey | undefined) =>
  [backend, method, route && templateOf(route)].filter(Boolean).join(' ');

function told(request: BackendRequest, traceparent: string | undefined): BackendRequest {
  if (traceparent === undefined) return request;
  return { ...request, rawHeaders: withTraceparent(request.rawHeaders, traceparent) };
}
