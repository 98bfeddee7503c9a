/**
 * Traces by OpenTelemetry's own SDK, sent as OTLP over HTTP in JSON. Nothing of it is put into the process's globals, and no
 * module is patched: spans are what our seams (`spans.ts`) say.
 */
import {
  type Context,
  type Link,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { inTime } from '../in-time.ts';
import { Roots } from './roots.ts';
import type { TracingSettings } from './settings.ts';
import { type Carrier, type Span, type SpanOptions, type Tracer, unseen } from './spans.ts';

export interface OpenTelemetryOptions {
  settings: TracingSettings;
  resource: Readonly<Record<string, string>>;
  onDelivery?: ((fault: Error | undefined) => void) | undefined;
}

/** Milliseconds that the end of the process waits for what is not sent yet. */
const patience = 2000;

const propagator = new W3CTraceContextPropagator();

export function openTelemetry(options: OpenTelemetryOptions): { tracer: Tracer; close(): Promise<void> } {
  const { settings, resource, onDelivery } = options;
  const { url, headers } = settings;
  const exporter = telling(new OTLPTraceExporter({ url, headers }), onDelivery);
  const sampler = samplerOf(settings);
  const roots = new Roots(sampler);
  const provider = new TracerProvider({
    sampler,
    idGenerator: roots,
    resource: resourceFromAttributes({ ...settings.resourceAttributes, ...resource }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  return {
    tracer: tracerOf(provider, contexts, roots),
    async close() {
      contexts.disable();
      const shutDown = () => provider.shutdown().catch(() => undefined);
      await inTime(patience, shutDown, () => undefined);
    },
  };
}

/**
 * Only what is kept has a context that follows it through promises: that costs a fifth of a forwarded request, whatever is done
 * with it (docs/decisions/0014-observability.md).
 */
function tracerOf(provider: TracerProvider, contexts: AsyncLocalStorageContextManager, roots: Roots): Tracer {
  const inner = provider.getTracer('banyan');
  const start = (name: string, given: SpanOptions, parent: Context) =>
    inner.startSpan(
      name,
      { kind: kinds[given.kind ?? 'internal'], links: linksOf(given), attributes: { ...given.attributes } },
      parent,
    );
  const keep = <T>(span: OtelSpan, parent: Context, work: (seen: Span) => Promise<T>) =>
    contexts.with(trace.setSpan(parent, span), () => recorded(span, work));
  const leave = <T>(traceparent: string, work: (seen: Span) => Promise<T>) => {
    const seen = { traceparent, set: unseen.set, fail: unseen.fail };
    // It may be called in another's span: requests that follow one another on a connection.
    return contexts.active() === ROOT_CONTEXT ? work(seen) : contexts.with(ROOT_CONTEXT, () => work(seen));
  };
  return {
    begin(from, describe, work) {
      const unkept = from.traceparent === undefined ? roots.next() : undefined;
      if (unkept !== undefined) return leave(unkept, work);
      const parent = from.traceparent === undefined ? ROOT_CONTEXT : extracted(from);
      const span = start(...describe(), parent);
      return span.isRecording() ? keep(span, parent, work) : leave(traceparentOf(span), work);
    },
    run(name, given, work) {
      const parent = parentOf(given, contexts);
      if (!parent || !trace.getSpanContext(parent)) return work(unseen);
      const span = start(name, given, parent);
      return span.isRecording() ? keep(span, parent, work) : work(unseen);
    },
    outside: (work) => contexts.with(ROOT_CONTEXT, work),
    current() {
      const span = trace.getSpan(contexts.active());
      return span && spanOf(span);
    },
    logFields() {
      const context = trace.getSpanContext(contexts.active());
      return context && { trace_id: context.traceId, span_id: context.spanId };
    },
  };
}

async function recorded<T>(span: OtelSpan, work: (seen: Span) => Promise<T>): Promise<T> {
  const seen = spanOf(span);
  try {
    return await work(seen);
  } catch (error) {
    seen.fail(typeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

const kinds: Readonly<Record<NonNullable<SpanOptions['kind']>, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function spanOf(span: OtelSpan): Span {
  return {
    get traceparent() {
      return traceparentOf(span);
    },
    set: (attributes) => void span.setAttributes({ ...attributes }),
    fail: (type) => void span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR }),
  };
}

/** A code of the catalogue or of the system, else the error's class. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function parentOf({ parent }: SpanOptions, contexts: AsyncLocalStorageContextManager): Context | undefined {
  if (parent === undefined) return contexts.active();
  return parent === null ? undefined : extracted({ traceparent: parent });
}

/** What cannot be read begins a trace of its own. */
const extracted = (carrier: Carrier): Context =>
  propagator.extract(ROOT_CONTEXT, carrier, {
    get: (from, name) => from[name as keyof Carrier],
    keys: (from) => Object.keys(from),
  });

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
function traceparentOf(span: OtelSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
}

function linksOf({ cause }: SpanOptions): Link[] {
  const context = cause === undefined ? undefined : trace.getSpanContext(extracted({ traceparent: cause }));
  return context ? [{ context }] : [];
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const root = sampler.endsWith('always_off')
    ? new AlwaysOffSampler()
    : sampler.endsWith('always_on')
      ? new AlwaysOnSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** The SDK drops what cannot be delivered without a word. */
function telling(exporter: SpanExporter, onDelivery: OpenTelemetryOptions['onDelivery']): SpanExporter {
  if (!onDelivery) return exporter;
  return {
    export(spans, done) {
      exporter.export(spans, (result: ExportResult) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        onDelivery(failed ? (result.error ?? new Error('it was refused')) : undefined);
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
