/** Ids of traces that begin here, and which of them are kept: drawn and decided for many at once, as almost all of them are not kept. */
import { randomFillSync } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { type IdGenerator, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';

const MANY = 128;
/** Bytes of a trace's and of a span's id: https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACE = 16;
const SPAN = 8;

/** The ids of all spans, too, so that the span of a trace that is kept gets the id that was decided on. */
export class Roots implements IdGenerator {
  readonly #sampler: Sampler;
  readonly #bytes = Buffer.alloc(MANY * (TRACE + SPAN));
  /** `traceparent`s; of a trace that is kept only its id. */
  #drawn: string[] = [];
  #kept: string | undefined;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  /** @returns the `traceparent` of a trace that is not kept; undefined: it is kept, and the next one that the SDK begins */
  next(): string | undefined {
    const drawn = this.#drawn.pop() ?? this.#draw();
    if (drawn.length > 2 * TRACE) return drawn;
    this.#kept = drawn;
    return undefined;
  }

  generateTraceId(): string {
    const id = this.#kept ?? random(TRACE);
    this.#kept = undefined;
    return id;
  }

  generateSpanId(): string {
    return random(SPAN);
  }

  #draw(): string {
    const hex = randomFillSync(this.#bytes).toString('hex');
    const length = 2 * (TRACE + SPAN);
    for (let i = 0; i < hex.length; i += length) {
      const [trace, span] = [hex.slice(i, i + 2 * TRACE), hex.slice(i + 2 * TRACE, i + length)];
      this.#drawn.push(this.#isKept(trace) ? trace : `00-${trace}-${span}-00`);
    }
    return this.#drawn.pop() as string;
  }

  /** By the samplers of the SDK, which ask nothing but the id. */
  #isKept(trace: string): boolean {
    const { decision } = this.#sampler.shouldSample(ROOT_CONTEXT, trace, '', SpanKind.SERVER, {}, []);
    return decision !== SamplingDecision.NOT_RECORD;
  }
}

const random = (bytes: number) => randomFillSync(Buffer.allocUnsafe(bytes)).toString('hex');
