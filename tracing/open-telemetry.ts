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
  const provider = new TracerProvider({
    sampler: samplerOf(settings),
    resource: resourceFromAttributes({ ...settings.resourceAttributes, ...resource }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  return {
    tracer: tracerOf(provider, contexts),
    async close() {
      contexts.disable();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patience);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function tracerOf(provider: TracerProvider, contexts: AsyncLocalStorageContextManager): Tracer {
  const inner = provider.getTracer('banyan');
  return {
    run(name, given, work) {
      const parent = contextOf(given.parent, contexts);
      // Every sampler decides for a trace as a whole: what is below a span that is not kept is not kept either.
      if (given.parent === undefined && trace.getSpan(parent)?.isRecording() === false) return work(unseen);
      const kind = kinds[given.kind ?? 'internal'];
      const options = { kind, links: linksOf(given), attributes: { ...given.attributes } };
      const span = inner.startSpan(name, options, parent);
      const context = trace.setSpan(parent, span);
      return span.isRecording()
        ? recorded(span, () => contexts.with(context, () => work(spanOf(span))))
        : contexts.with(context, () => work(unseen));
    },
    outside: (work) => contexts.with(ROOT_CONTEXT, work),
    current() {
      const span = trace.getSpan(contexts.active());
      return span && (span.isRecording() ? spanOf(span) : unseen);
    },
    carrier: () => carrierOf(contexts.active()),
    logFields() {
      const context = trace.getSpanContext(contexts.active());
      return context && { trace_id: context.traceId, span_id: context.spanId };
    },
  };
}

async function recorded<T>(span: OtelSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    spanOf(span).fail(typeOf(error));
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
    set: (attributes) => void span.setAttributes({ ...attributes }),
    fail: (type) => void span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR }),
  };
}

/** A code of the catalogue or of the system, else the error's class. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function contextOf(parent: SpanOptions['parent'], contexts: AsyncLocalStorageContextManager): Context {
  if (parent === undefined) return contexts.active();
  return parent?.traceparent === undefined ? ROOT_CONTEXT : extracted(parent);
}

/** What cannot be read begins a trace of its own. */
const extracted = (carrier: Carrier): Context =>
  propagator.extract(ROOT_CONTEXT, carrier, {
    get: (from, name) => from[name as keyof Carrier],
    keys: (from) => Object.keys(from),
  });

function carrierOf(context: Context): Carrier {
  const carrier: Carrier = {};
  propagator.inject(context, carrier, {
    set: (into, name, value) => {
      into[name as keyof Carrier] = value;
    },
  });
  return carrier;
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
