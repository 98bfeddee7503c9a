/** What takes traces in a test: an OTLP receiver over HTTP that keeps what it is sent, as JSON. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TracingSettings } from '../settings.ts';
import { startTracing } from '../start.ts';

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** https://github.com/open-telemetry/opentelemetry-proto: 1 internal, 2 server, 3 client, 4 producer, 5 consumer */
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  status: { code?: number };
}

export interface Tracing {
  /** All that were sent; ends tracing, as what is left is sent then. */
  spans(): Promise<ReceivedSpan[]>;
  /** Everything that was sent, word for word. */
  readonly text: string;
  /** Headers of the last batch. */
  readonly headers: Record<string, unknown>;
}

/** Traces everything in this process until the end of the test, or until its spans are asked for. */
export async function traceToReceiver(settings: Partial<TracingSettings> = {}): Promise<Tracing> {
  let text = '';
  let headers: Record<string, unknown> = {};
  const batches: string[] = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    ({ headers } = request);
    if (request.url === '/v1/traces') batches.push(body);
    text += body;
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tracing = await startTracing({
    serviceName: 'test',
    settings: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
      headers: {},
      serviceName: undefined,
      resourceAttributes: {},
      sampler: 'always_on',
      ratio: 1,
      ...settings,
    },
  });
  onTestFinished(async () => {
    await tracing.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    async spans() {
      await tracing.close();
      return batches.flatMap((batch) => spansIn(JSON.parse(batch) as Batch));
    },
    get text() {
      return text;
    },
    get headers() {
      return headers;
    },
  };
}

interface Batch {
  resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[];
}

const spansIn = ({ resourceSpans }: Batch) =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

/** The tree below a span, a line a span: `name`, and what is below it two spaces further in, in the order of the names. */
export function treeOf(spans: readonly ReceivedSpan[], from: ReceivedSpan, depth = 0): string[] {
  const below = spans.filter(({ parentSpanId }) => parentSpanId === from.spanId);
  const lines = below
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((span) => treeOf(spans, span, depth + 1));
  return [`${'  '.repeat(depth)}${from.name}`, ...lines];
}

export const attributesOf = ({ attributes }: ReceivedSpan): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
