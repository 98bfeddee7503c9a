/** One call's way through the relay: let in, read, answered by the provider, written, told of. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { traced } from '@banyan/operations/tracing/spans.ts';
import { BanyanError } from '../errors.ts';
import type { GenerateContentRequest } from './gemini-format/types.ts';
import type { ModelCall, ModelProvider } from './provider.ts';
import { checkKey, readCall, readTarget } from './read-call.ts';
import { writeAnswer, writeFault } from './write-answer.ts';

export interface RelayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A call that is over. `request` is for code that compares prompts; it does not belong into a log. */
export interface RelayCall {
  provider: ModelProvider['name'];
  /** As it stood in the path: `models/gemini-2.0-flash-exp`. */
  model: string;
  method: ModelCall['method'];
  request: GenerateContentRequest;
  /** What the backend got; 499 where it hung up before that. */
  status: number;
  requestBytes: number;
  replyBytes: number;
  milliseconds: number;
}

export interface CallContext {
  key: string;
  provider: ModelProvider;
  log: RelayLog;
  onCall: ((call: RelayCall) => void) | undefined;
  traceOf: ((call: ModelCall) => string | undefined) | undefined;
  /** Milliseconds of silence. */
  deadline: number;
  /** Aborted, with a BanyanError as its reason, when the relay closes. */
  closing: AbortSignal;
}

/** nginx's number for a client that hung up; it is only ever logged. */
const CLIENT_CLOSED_REQUEST = 499;

/** Never rejects. */
export async function handleCall(
  request: IncomingMessage,
  response: ServerResponse,
  context: CallContext,
): Promise<void> {
  const began = performance.now();
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  // A body that breaks off says so before the connection does.
  request.once('error', () => hungUp.abort());
  const signal = AbortSignal.any([hungUp.signal, context.closing]);
  const target = readTarget(request);
  let call: ModelCall | undefined;
  let fault: BanyanError | undefined;
  let replyBytes = 0;
  try {
    checkKey(request, target.query, context.key);
    call = await readCall(request, target, context.deadline);
    replyBytes = await answerOf(call, response, signal, context);
  } catch (error) {
    if (!hungUp.signal.aborted) {
      fault = faultOf(error, context.closing);
      replyBytes = await writeFault(response, fault, target);
    }
  }
  const told = {
    provider: context.provider.name,
    model: target.model.slice(0, 100),
    method: target.method,
    status: fault?.status ?? (response.writableFinished ? response.statusCode : CLIENT_CLOSED_REQUEST),
    requestBytes: call?.body.length ?? 0,
    replyBytes,
    milliseconds: Math.round(performance.now() - began),
  };
  if (told.status < 400) context.log.info(told, 'model call');
  else context.log.warn({ ...told, ...why(fault) }, 'model call failed');
  if (call) context.onCall?.({ ...told, model: call.model, method: call.method, request: call.request });
}

/** The model's answer, written. @returns its bytes */
function answerOf(
  call: ModelCall,
  response: ServerResponse,
  signal: AbortSignal,
  { provider, traceOf }: CallContext,
): Promise<number> {
  const parent = call.traceparent ?? traceOf?.(call) ?? null;
  const model = call.model.slice(call.model.indexOf('/') + 1, 100);
  // https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
  const attributes = {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': provider.name,
    'gen_ai.request.model': model,
  };
  const options = { kind: 'client', parent, attributes } as const;
  return traced(`generate_content ${model}`, options, async (span) => {
    const answer = await provider.call(call, signal);
    if (answer.status >= 400) span.fail(String(answer.status));
    return writeAnswer(response, answer, signal);
  });
}

function faultOf(error: unknown, closing: AbortSignal): BanyanError {
  if (error instanceof BanyanError) return error;
  return closing.aborted ? (closing.reason as BanyanError) : new BanyanError('gateway_fault', {}, error);
}

/** What an operator needs to know of a fault. A model's own message may quote the prompt, so it stays out. */
function why(fault: BanyanError | undefined): Record<string, unknown> {
  if (!fault) return {};
  const { cause } = fault;
  return {
    fault: fault.code,
    do: fault.advice,
    ...(cause instanceof Error && {
      cause:
        fault.code === 'gateway_fault' ? cause.stack : ((cause as NodeJS.ErrnoException).code ?? cause.name),
    }),
  };
}
