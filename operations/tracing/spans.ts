/**
 * Where work is seen by traces: gateway and new backend call these at their seams, whatever traces. Until a tracer is there
 * they do the work and nothing else, and no library of OpenTelemetry's is loaded.
 */

/** By names of OpenTelemetry's semantic conventions, or `banyan.…`. Never what somebody said, a path, a query or a name. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** What it is to others; `internal` unless told. */
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** The `traceparent` that was kept of what it goes on from; null: there is none. Left out: the span that it is called in. */
  parent?: string | null;
  /** A `traceparent` of what caused it, where that was over before it began. */
  cause?: string | undefined;
}

/** The headers of W3C Trace Context: https://www.w3.org/TR/trace-context/ */
export interface Carrier {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

export interface Span {
  /** For whoever does a part of the work; undefined: there is no trace. */
  readonly traceparent: string | undefined;
  set(attributes: Attributes): void;
  /** @param type an error's code or class: never its message, which may quote anything */
  fail(type: string): void;
}

/** What a log line says of the span that it is written in; by OpenTelemetry's names for logs that are not its own. */
export interface LogFields {
  trace_id: string;
  span_id: string;
}

/** Name and options of a span; asked of what is kept only. */
export type Describe = () => [name: string, options: SpanOptions];

export interface Tracer {
  begin<T>(from: Carrier, describe: Describe, work: (span: Span) => Promise<T>): Promise<T>;
  run<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** Runs it in no span. */
  outside<T>(work: () => T): T;
  /** Of the span that this is called in. */
  current(): Span | undefined;
  logFields(): LogFields | undefined;
}

let tracer: Tracer | undefined;

/** One for the process, as its context is. */
export function useTracer(given: Tracer | undefined): void {
  tracer = given;
}

/** Whether anything is traced; known once the program has started. */
export const isTracing = (): boolean => tracer !== undefined;

/** Of what is not traced. */
export const unseen: Span = { traceparent: undefined, set: () => {}, fail: () => {} };

/**
 * Begins a trace, or goes on with a client's; nothing else begins one. Where it is not kept, there are no spans below it, and all
 * there is of it is its `traceparent`, which says so.
 */
export function tracedRequest<T>(
  from: Carrier,
  describe: Describe,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer ? tracer.begin(from, describe, work) : work(unseen);
}

/** Whether a trace is kept, by its `traceparent` of ours. */
export const isKept = (traceparent: string | undefined): traceparent is string =>
  traceparent !== undefined && traceparent.charCodeAt(traceparent.length - 1) === 0x31; // 1

/** Does the work in a span of its own, if it is part of a trace that is kept; what it throws is the span's error and is thrown on. */
export function traced<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer ? tracer.run(name, options, work) : work(unseen);
}

/** For work that goes on by itself, and is begun by chance in somebody's span. */
export function outsideOfSpans<T>(work: () => T): T {
  return tracer ? tracer.outside(work) : work();
}

/** Says more of the span that this is called in, if any. */
export function annotate(attributes: Attributes): void {
  tracer?.current()?.set(attributes);
}

/** Whether this is called in a span. */
export const isInSpan = (): boolean => tracer?.current() !== undefined;

/** Of the span that this is called in, to be kept or sent, so that others go on with the trace; undefined: there is none. */
export const traceparent = (): string | undefined => tracer?.current()?.traceparent;

const none = Object.freeze({});

/** For pino: the span that a line is written in, if there is one. A line outside of one is left as it is, at no cost. */
export const logOptions = () =>
  isTracing() && {
    mixin: (): object => tracer?.logFields() ?? none,
    mixinMergeStrategy: (line: object, fields: object) => (fields === none ? line : { ...line, ...fields }),
  };
