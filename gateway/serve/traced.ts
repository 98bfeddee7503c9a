/** An exchange as a trace sees it: from the request's head until the client has its answer. */
import {
  annotate,
  isKept,
  isTracing,
  type Span,
  type SpanOptions,
  tracedRequest,
} from '@banyan/operations/tracing/spans.ts';
import { methodOf, templateOf } from '../backends/span-names.ts';
import type { Exchange, Outcome, Serve } from './exchange.ts';

/** A span around each exchange, which goes on from the client's trace, if it has one. The same where nothing is traced. */
export function tracedServe(serve: Serve): Serve {
  if (!isTracing()) return serve;
  return (exchange) => {
    const { traceparent, tracestate } = exchange.incoming.headers as Record<string, string | undefined>;
    const work = (span: Span) => {
      exchange.trace = span.traceparent;
      const served = serve(exchange);
      return isKept(exchange.trace) ? served.then(() => sayFailed(span, exchange)) : served;
    };
    return tracedRequest({ traceparent, tracestate }, () => described(exchange), work);
  };
}

function described({ id, incoming, row: { key } }: Exchange): [string, SpanOptions] {
  const method = methodOf(incoming.method ?? 'GET');
  const template = templateOf(key);
  const attributes = {
    'http.request.method': method,
    'http.route': template,
    'url.scheme': 'http',
    'banyan.route': key,
    'banyan.request': id,
  };
  return [template ? `${method} ${template}` : method, { kind: 'server', attributes }];
}

function sayFailed(span: Span, { outgoing: { statusCode, headersSent } }: Exchange): void {
  if (headersSent && statusCode >= 500) span.fail(String(statusCode));
}

/** Says of the exchange's span how it ended. */
export function traceOutcome({ outgoing, trace }: Exchange, outcome: Outcome): void {
  if (!isKept(trace)) return;
  annotate({
    'http.response.status_code': outgoing.headersSent ? outgoing.statusCode : undefined,
    'error.type': outcome.fault,
    'banyan.backend': outcome.backend,
    'banyan.mode': outcome.mode,
  });
}
