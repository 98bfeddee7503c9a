/**
 * The model calls that a backend made, tied to the exchanges that caused them: by the text that a call's last turn ends
 * with, as the route table's template says; the longest match wins.
 */
import { valuesAt } from '@banyan/compare/accept.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { RelayTemplate, Route } from '@banyan/route-table/route-table.ts';
import type { Request } from './send.ts';

/** What a backend sent to the model and was not looked at yet; in the order in which the calls ended. */
export interface ModelCallSource {
  take(): ModelCallSeen[];
}

export class ModelCallLog {
  readonly #source: ModelCallSource;
  readonly #untied: ModelCallSeen[] = [];

  constructor(source: ModelCallSource) {
    this.#source = source;
  }

  /** The call that this request caused, if any; each is given out once. */
  async of(route: Route | undefined, request: Request, status: number): Promise<ModelCallSeen[]> {
    if (!route?.relay) return [];
    // The relay hears of its own last byte a moment after the backend did.
    await new Promise(setImmediate);
    this.#untied.push(...this.#source.take());
    const ends = endsOf(route.relay, request);
    const fits = this.#untied.findIndex((call) => ends.some((end) => lastTurn(call).endsWith(end)));
    // What was answered has asked the model, be it in other words than the template's: that is to be seen.
    const at = fits < 0 && status < 300 ? 0 : fits;
    return at < 0 ? [] : this.#untied.splice(at, 1);
  }

  /** Calls that no request explains. */
  rest(): ModelCallSeen[] {
    return [...this.#untied.splice(0), ...this.#source.take()];
  }
}

/** What Python's `strip` takes away: Unicode's white space and four separators, not U+FEFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators are control characters
const outerSpace = /^(?:(?!\ufeff)\s|[\x1c-\x1f\x85])+|(?:(?!\ufeff)\s|[\x1c-\x1f\x85])+$/g;

/** What the last turn may end with, longest first. */
function endsOf({ lastTurn: templates, message }: RelayTemplate, { body }: Request): string[] {
  if (message.in !== 'request') return [];
  const [text] = valuesAt(jsonOf(body), stepsOf(message.at));
  if (typeof text !== 'string') return [];
  const stripped = text.replace(outerSpace, '');
  return templates
    .map((template) => template.replaceAll('{message}', () => stripped))
    .toSorted((a, b) => b.length - a.length);
}

function lastTurn({ request }: ModelCallSeen): string {
  const contents = Array.isArray(request.contents) ? (request.contents as unknown[]) : [];
  const turn = contents.at(-1) as { parts?: { text?: unknown }[] } | undefined;
  return (turn?.parts ?? []).map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

function jsonOf(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '') as unknown;
  } catch {
    return undefined;
  }
}
