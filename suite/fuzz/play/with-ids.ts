/** A request with one side's ids, as the other side has to get it. */
import { textsIn } from '../../replay/graph.ts';
import type { Request } from '../../replay/send.ts';

/** Whole segments of the path, and whole texts of a JSON body: a message may quote an id. */
export function withIds(request: Request, ids: ReadonlyMap<string, string>): Request {
  const [path = '', ...query] = request.target.split('?');
  const segments = path.split('/').map((segment) => ids.get(segment) ?? segment);
  const target = [segments.join('/'), ...query].join('?');
  return { ...request, target, body: request.body && inBody(request.body, ids) };
}

function inBody(body: Buffer, ids: ReadonlyMap<string, string>): Buffer {
  const found = [...textsIn(body)].filter(({ value }) => ids.has(value));
  if (found.length === 0) return body;
  const text = body.toString('latin1');
  let out = '';
  let at = 0;
  for (const { value, start, end } of found) {
    out += text.slice(at, start) + JSON.stringify(ids.get(value));
    at = end;
  }
  return Buffer.from(out + text.slice(at), 'latin1');
}
