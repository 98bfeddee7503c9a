import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BanyanError } from '../errors.ts';
import { createRecorder, type Recorder } from '../record/recorder.ts';
import { recorderRoutes } from './recorder-routes.ts';

let root: string;
let recorder: Recorder;
let app: Hono;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'recorder-'));
  const log = { info() {}, error() {} };
  recorder = createRecorder({ folder: join(root, 'out'), spool: join(root, 'spool'), clock: Date, log });
  app = new Hono().route('/api', recorderRoutes(recorder)).onError((error, c) => {
    if (error instanceof BanyanError) return c.json(error.toBody(), error.status as 400);
    throw error;
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const post = (path: string, body?: object) =>
  app.request(`/api${path}`, { method: 'POST', body: JSON.stringify(body) });
const status = async () => (await app.request('/api/record')).json();

it('starts, tells how far it is, and stops', async () => {
  expect(await status()).toMatchObject({ state: 'idle' });
  expect(await (await post('/record', { name: 'one' })).json()).toMatchObject({
    state: 'recording',
    name: 'one',
  });
  const head = { method: 'GET', target: '/', httpVersion: '1.1', rawHeaders: [], routeKey: 'anything else' };
  const tap = recorder.begin(head);
  expect(await status()).toMatchObject({ exchanges: 0, inFlight: 1 });
  const stopping = await post('/record/stop');
  expect(stopping.status).toBe(202);
  expect(await stopping.json()).toMatchObject({ state: 'stopping', inFlight: 1 });
  tap.response({ status: 200, reason: 'OK', rawHeaders: [], backend: 'legacy' });
  tap.end();
  await vi.waitFor(async () =>
    expect(await status()).toMatchObject({ state: 'idle', exchanges: 1, file: join(root, 'out', 'one.har') }),
  );
});

it('answers a wrong request with an error of the catalogue', async () => {
  const faults = [
    await post('/record/stop'),
    await post('/record', { name: '../x' }),
    await post('/record', {}),
    await app.request('/api/record', { method: 'POST', body: 'no JSON' }),
  ];
  const codes = await Promise.all(faults.map(async (fault) => [fault.status, (await fault.json()).code]));
  expect(codes).toEqual([
    [409, 'recording_none'],
    [400, 'recording_name'],
    [400, 'console_request'],
    [400, 'console_request'],
  ]);
});
