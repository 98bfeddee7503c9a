/** One request is one trace, over everything that it sets going; nothing of what anybody said is in it, and no client sees it. */

import { ask, get } from '@banyan/operations/testing/client.ts';
import {
  attributesOf,
  type ReceivedSpan,
  traceToReceiver,
  treeOf,
} from '@banyan/operations/tracing/testing/receiver.ts';
import { describe, expect, it } from 'vitest';
import { onPGlite } from '../continuity/testing/both.ts';
import { startRig } from '../continuity/testing/rig.ts';
import { startReplier } from './support/backend.ts';
import { type ForwarderName, forwarderNames, openOrigin } from './support/origin.ts';

const WRITE = 'POST /notes/:note_id/lines';
const MODEL = 'generate_content notes';
const theirs = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const traceparent = `00-${theirs.trace}-${theirs.span}-01`;

/** The one span of that name. */
function only(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

onPGlite((database) => {
  const written = async (side: 'legacy' | 'new') => {
    const tracing = await traceToReceiver({ headers: { 'x-collector-key': 'k' } });
    const rig = await startRig(database.db, { overRelay: true });
    const id = await rig.make();
    await rig.even();
    rig.flip(side);
    const toLegacy = new Map<string, unknown>();
    rig.legacy.before = ({ method, headers }) => void toLegacy.set(method, headers?.traceparent);
    const body = { text: 'secret-question' };
    const headers = { traceparent, cookie: 'session=secret-cookie', authorization: 'Bearer secret-token' };
    const answer = await rig.ask('POST', `/notes/${id}/lines?key=secret-query`, body, headers);
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('trace'))).toEqual([]);
    await rig.even();
    const spans = (await tracing.spans()).filter(({ traceId }) => traceId === theirs.trace);
    const root = only(spans, WRITE);
    // What the probe looks at beside it is left out.
    const tree = treeOf(spans, root).filter((line) => !line.includes(' GET '));
    return { id, tracing, spans, root, tree, toLegacy };
  };

  it('a write on new is followed to the journal, to the model, and to legacy', async () => {
    const { spans, root, tree, toLegacy } = await written('new');
    expect(tree).toEqual([
      WRITE,
      '  journal admit',
      '  journal settle',
      `  mirror ${WRITE}`,
      `    ${MODEL}`,
      `    legacy ${WRITE}`,
      `  new ${WRITE}`,
      `    ${MODEL}`,
    ]);
    expect(root).toMatchObject({ kind: 2, parentSpanId: theirs.span });
    expect(attributesOf(root)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/notes/:note_id/lines',
      'http.response.status_code': 200,
      'banyan.backend': 'new',
      'banyan.mode': 'new',
      'banyan.route': WRITE,
    });
    // A replay may come long after the write: it is in its trace, and says what caused it.
    expect(only(spans, `mirror ${WRITE}`).links).toMatchObject([
      { traceId: theirs.trace, spanId: root.spanId },
    ]);
    const toLegacySpan = only(spans, `legacy ${WRITE}`);
    expect(toLegacy.get('POST')).toBe(`00-${theirs.trace}-${toLegacySpan.spanId}-01`);
    expect(attributesOf(only(spans, 'journal admit'))).toMatchObject({
      'db.system.name': 'postgresql',
      'banyan.backend': 'new',
    });
    const calls = spans.filter(({ name }) => name === MODEL).map(attributesOf);
    expect(calls.filter((call) => call['banyan.recorded'])).toHaveLength(1);
  });

  it('a write on legacy is followed to the model, which legacy does not say, and to new', async () => {
    const { tree, toLegacy, spans } = await written('legacy');
    expect(tree).toEqual([
      WRITE,
      `  ${MODEL}`,
      '  journal admit',
      '  journal settle',
      `  legacy ${WRITE}`,
      `  mirror ${WRITE}`,
      `    new ${WRITE}`,
      `      ${MODEL}`,
    ]);
    expect(toLegacy.get('POST')).toBe(`00-${theirs.trace}-${only(spans, `legacy ${WRITE}`).spanId}-01`);
  });

  it('nothing that anybody said, no path and no id of a note is sent', async () => {
    const { tracing, id } = await written('new');
    expect(tracing.text.length).toBeGreaterThan(1000);
    for (const secret of ['secret', id, 'reply', '?key', 'Bearer', '127.0.0.1:'])
      expect(tracing.text).not.toContain(secret);
    expect(tracing.headers).toMatchObject({ 'x-collector-key': 'k' });
  });
});

describe.each(forwarderNames)('through %s', (forwarder) => {
  const reply = 'HTTP/1.1 200 OK\r\nX-B: 1\r\nContent-Length: 2\r\nX-a: 2\r\n\r\nok';

  const passed = async (headers: string, name: ForwarderName = forwarder) => {
    const legacy = await startReplier(reply);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder: name });
    const answer = await ask(origin.port, get('/a', headers));
    const { request } = await origin.logged(({ msg }) => msg === 'exchange');
    const lines = legacy.received[0]?.split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    const seen = answer.headers.filter(([header]) => header !== 'Date');
    return { lines, answer: [answer.line, seen, answer.body], request, log: origin.log };
  };
  const withoutTrace = (lines: readonly string[]) => lines.filter((line) => !/^traceparent:/i.test(line));

  it('legacy gets everything as without traces, and `traceparent` in addition; the client gets the same bytes', async () => {
    const off = await passed('X-One: 1\r\nCookie: a=b\r\n');
    expect(off.lines.join()).not.toMatch(/trace/i);
    expect(Object.keys(off.log[0] ?? {})).not.toContain('trace_id');
    const tracing = await traceToReceiver();
    const on = await passed('X-One: 1\r\nCookie: a=b\r\n');
    expect(withoutTrace(on.lines)).toEqual(off.lines);
    expect(on.lines.length).toBe(off.lines.length + 1);
    expect(on.answer).toEqual(off.answer);
    const [root, call] = (await tracing.spans()).toSorted((a, b) => a.kind - b.kind);
    expect(on.lines).toContain(`traceparent: 00-${root?.traceId}-${call?.spanId}-01`);
    expect(root).toMatchObject({ name: 'GET', kind: 2 });
    expect(attributesOf(root as ReceivedSpan)).toMatchObject({ 'banyan.request': on.request });
    expect(on.log[0]).toMatchObject({ trace_id: root?.traceId, span_id: root?.spanId });
  });

  it("a client's own `traceparent` goes as it is without traces, and is gone on with in its place with them", async () => {
    const headers = `X-One: 1\r\nTraceParent: ${traceparent}\r\ntracestate: a=1\r\nX-Two: 2\r\n`;
    const off = await passed(headers);
    expect(off.lines).toContain(`TraceParent: ${traceparent}`);
    const tracing = await traceToReceiver();
    const on = await passed(headers);
    const [root, call] = (await tracing.spans()).toSorted((a, b) => a.kind - b.kind);
    expect(root).toMatchObject({ traceId: theirs.trace, parentSpanId: theirs.span });
    const gone = `TraceParent: 00-${theirs.trace}-${call?.spanId}-01`;
    expect(on.lines).toEqual(off.lines.map((line) => (line.startsWith('TraceParent') ? gone : line)));
  });

  it('a client that names no trace, or two, begins one that is sampled as the settings say', async () => {
    const tracing = await traceToReceiver({ sampler: 'parentbased_traceidratio', ratio: 0 });
    const { lines } = await passed(`traceparent: ${traceparent}\r\ntraceparent: ${traceparent}\r\n`);
    const told = lines.filter((line) => line.startsWith('traceparent'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(told[0]).not.toContain(theirs.trace);
    expect(await tracing.spans()).toEqual([]);
  });
});
