/** An exchange as a trace sees it: from the request's head until the client has its answer. */
import { annotate, isTracing, tracedRequest } from '../../tracing/spans.ts';
import type { Exchange, Outcome } from '../serve/exchange.ts';
import type { Serve } from '../serve/serve.ts';
import { methodOf, templateOf } from './names.ts';

/** A span around each exchange, which goes on from the client's trace, if it has one. The same where nothing is traced. */
export function tracedServe(serve: Serve): Serve {
  if (!isTracing()) return serve;
  return (exchange, row) => {
    const { method, headers } = exchange.incoming;
    const named = methodOf(method ?? 'GET');
    const template = templateOf(row.key);
    const { traceparent, tracestate } = headers as Record<string, string | undefined>;
    const options = {
      kind: 'server' as const,
      attributes: {
        'http.request.method': named,
        'http.route': template,
        'url.scheme': 'http',
        'banyan.route': row.key,
        'banyan.request': exchange.id,
      },
    };
    const name = template ? `${named} ${template}` : named;
    return tracedRequest(name, { traceparent, tracestate }, options, async (span) => {
      exchange.trace = span.traceparent;
      await serve(exchange, row);
      const { statusCode, headersSent } = exchange.outgoing;
      if (headersSent && statusCode >= 500) span.fail(String(statusCode));
    });
  };
}

/** Says of the exchange's span how it ended. */
export function traceOutcome({ outgoing }: Exchange, outcome: Outcome): void {
  annotate({
    'http.response.status_code': outgoing.headersSent ? outgoing.statusCode : undefined,
    'error.type': outcome.fault,
    'banyan.backend': outcome.backend,
    'banyan.mode': outcome.mode,
  });
}
