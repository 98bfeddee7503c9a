/** What a replay knows of the values that a backend made up: the recording's, and what stands for them here. */

import type { Answer } from '@banyan/compare/answer.ts';
import { plainBody } from '@banyan/compare/codings.ts';
import { formatPath } from '@banyan/compare/json/places.ts';
import { kindOf, type MadeValue, type Spot, textsIn, type ValueGraph } from './graph.ts';
import type { Request } from './send.ts';

export class ReplayedValues {
  readonly #graph: ValueGraph;
  readonly #live = new Map<string, string>();

  constructor(graph: ValueGraph) {
    this.#graph = graph;
  }

  /** What stands in this answer where the recorded one made values up. */
  bind(index: number, answer: Answer): void {
    const made = this.#graph.madeBy(index).filter(({ uses }) => uses.length > 0);
    if (made.length === 0) return;
    const live = new Map([...textsIn(plainBody(answer))].map(({ path, value }) => [formatPath(path), value]));
    for (const { value, kind, madeAt } of made) {
      const partner = madeAt.spot.in === 'response' ? live.get(formatPath(madeAt.spot.path)) : undefined;
      if (partner !== undefined && kindOf(partner) === kind) this.#live.set(value, partner);
    }
  }

  /** Values that a comparison found to stand for each other, in lists whose order may be another one. */
  learn(pairs: readonly { left: string; right: string }[]): void {
    for (const { left, right } of pairs) if (this.#graph.values.has(left)) this.#live.set(left, right);
  }

  /** The request with the replay's values wherever the recorded one has the recording's. */
  inRequest(index: number, request: Request): Request {
    const { method, target, rawHeaders, body } = request;
    return this.#graph
      .usedBy(index)
      .reduce<Request>((sent, use) => this.#substituted(sent, use), { method, target, rawHeaders, body });
  }

  #substituted(sent: Request, { value: { value }, spot }: { value: MadeValue; spot: Spot }): Request {
    const live = this.#live.get(value);
    if (live === undefined || live === value) return sent;
    const [path = '', ...query] = sent.target.split('?');
    switch (spot.in) {
      case 'path': {
        const segments = path.split('/').map((each, i) => (i === spot.segment ? live : each));
        return { ...sent, target: [segments.join('/'), ...query].join('?') };
      }
      case 'query': {
        const pairs = query
          .join('?')
          .split('&')
          .map((pair) => (pair === `${spot.name}=${value}` ? `${spot.name}=${live}` : pair));
        return { ...sent, target: `${path}?${pairs.join('&')}` };
      }
      case 'header':
        return { ...sent, rawHeaders: sent.rawHeaders.map((text) => (text === value ? live : text)) };
      default:
        return { ...sent, body: sent.body && inBody(sent.body, value, live) };
    }
  }
}

/** Only whole texts of a JSON body: a message may quote an id. */
function inBody(body: Buffer, value: string, live: string): Buffer {
  const text = body.toString('latin1');
  let out = '';
  let at = 0;
  for (const each of textsIn(body)) {
    if (each.value !== value) continue;
    out += text.slice(at, each.start) + JSON.stringify(live);
    at = each.end;
  }
  return Buffer.from(out + text.slice(at), 'latin1');
}
