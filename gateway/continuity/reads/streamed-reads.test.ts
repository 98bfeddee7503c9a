/** Reads that are rewritten while they come, through the gateway. */
import { Readable } from 'node:stream';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, it } from 'vitest';
import { onPGlite } from '../testing/both.ts';
import { type Rig, startRig } from '../testing/rig.ts';

/** A note that legacy calls otherwise than clients do, and what they are shown of it. */
async function renamedNote(rig: Rig) {
  rig.flip('new');
  const note = await rig.make();
  await rig.ask('POST', `/notes/${note}/lines`, { text: `about ${note}` });
  const target = `/notes/${note}/lines`;
  const { text } = await rig.ask('GET', target);
  await rig.even();
  rig.flip('legacy');
  return { target, text };
}

interface Passing {
  body: Readable;
  /** What is still to come, in legacy's words. */
  rest: Buffer;
  response: Response;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What has come. */
  first: string;
}

/** Reads up to a byte of legacy's answer, which is not sent any further. */
async function readInPart(rig: Rig, target: string, bytes: number, signal?: AbortSignal): Promise<Passing> {
  const body = new Readable({ read: () => {} });
  let rest: Buffer = Buffer.alloc(0);
  rig.legacy.passes = (_, says) => {
    body.push(says.subarray(0, bytes));
    rest = says.subarray(bytes);
    return body;
  };
  const response = await fetch(rig.url + target, signal ? { signal } : {});
  const reader = response.body?.getReader() ?? expect.fail('it has no body');
  const { value } = await reader.read();
  return { body, rest, response, reader, first: Buffer.from(value ?? []).toString() };
}

async function restOf({ reader }: Passing): Promise<string> {
  let text = '';
  for (let { value } = await reader.read(); value; { value } = await reader.read())
    text += Buffer.from(value).toString();
  return text;
}

onPGlite((database) => {
  it('shows a client the first of an answer before the backend has said the last of it', async () => {
    const rig = await startRig(database.db);
    const { target, text } = await renamedNote(rig);
    const passing = await readInPart(rig, target, 40);
    expect(passing.first).toBe(text.slice(0, 40));
    const { body, rest, response } = passing;
    expect(text).not.toContain(rest.toString());
    const inTheId = rest.lastIndexOf('"note"') + 20;
    for (const piece of [rest.subarray(0, inTheId), rest.subarray(inTheId), null]) body.push(piece);
    expect(passing.first + (await restOf(passing))).toBe(text);
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  });

  it('leaves the backend’s answer where the client goes away', async () => {
    const rig = await startRig(database.db);
    const { target } = await renamedNote(rig);
    const client = new AbortController();
    const { body } = await readInPart(rig, target, 40, client.signal);
    expect(body.destroyed).toBe(false);
    client.abort();
    await eventually('legacy’s answer is left', () => body.destroyed);
  });

  it('breaks off where the backend does', async () => {
    const rig = await startRig(database.db);
    const { target } = await renamedNote(rig);
    const passing = await readInPart(rig, target, 40);
    passing.body.destroy(new Error('gone'));
    await expect(restOf(passing)).rejects.toThrow();
  });

  it('breaks off before an id that would change its length', async () => {
    const rig = await startRig(database.db);
    const { target } = await renamedNote(rig);
    const passing = await readInPart(rig, target, 40);
    const escaped = (_: string, head: string, digit: string) =>
      `${head}\\u00${digit.charCodeAt(0).toString(16)}`;
    // As long as it was said to be.
    const text = passing.rest.toString().replace('Answer', 'A');
    passing.body.push(text.replace(/("note": ")(.)/, escaped));
    await expect(restOf(passing)).rejects.toThrow();
    await eventually('legacy’s answer is left', () => passing.body.destroyed);
  });

  it('answers HEAD as GET, without a body', async () => {
    const rig = await startRig(database.db);
    const { target, text } = await renamedNote(rig);
    const answer = await rig.ask('HEAD', target);
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  });
});
