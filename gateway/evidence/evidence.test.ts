import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { committedEvidence, type EvidenceFile, type RouteEvidence } from './evidence.ts';
import { fingerprint } from './fingerprint.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const running = { code: 'sha256:a', recordings: 'sha256:b', retired: [] };
const green: RouteEvidence = {
  state: 'green',
  recordings: ['one'],
  sequences: 0,
  exchanges: 3,
  accepted: {},
};

describe('evidence of a route', () => {
  const lacking = (file: Partial<EvidenceFile> | string | undefined, route = 'GET /a') => {
    const path = join(folder, 'evidence.json');
    const text = typeof file === 'string' ? file : JSON.stringify({ ...running, routes: {}, ...file });
    if (file !== undefined) writeFileSync(path, text);
    return committedEvidence({ file: path, running, command: 'make it' }).lacking(route);
  };

  it('is not lacking where it is green and of this code', () => {
    expect(lacking({ routes: { 'GET /a': green } })).toBeUndefined();
  });

  it.each<[why: string, file: Partial<EvidenceFile> | string | undefined]>([
    ['There is no evidence yet.', undefined],
    ['The evidence cannot be read.', '{"code":'],
    ['The evidence is of other code than the one that runs.', { code: 'x', routes: { 'GET /a': green } }],
    ['The evidence is of other recordings.', { recordings: 'x', routes: { 'GET /a': green } }],
    [
      'The evidence is of a backend with other quirks retired.',
      { retired: ['q'], routes: { 'GET /a': green } },
    ],
    ['No recording covers `GET /a`.', { routes: { 'GET /b': green } }],
    ['No recording covers `GET /a`.', { routes: { 'GET /a': { ...green, state: 'uncovered' } } }],
    ['`GET /a` diverges from legacy.', { routes: { 'GET /a': { ...green, state: 'divergent' } } }],
  ])('says why it is lacking, and what to run: %s', (why, file) => {
    expect(lacking(file)).toBe(`${why} Run \`make it\`, and commit what it writes.`);
  });
});

describe('a fingerprint', () => {
  const write = (path: string, text: string | Buffer) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const taken = (counts?: (path: string) => boolean) => fingerprint(folder, ['code', 'lock.json'], counts);

  it('leaves out what is installed or compiled beside the code', () => {
    const before = taken();
    for (const made of ['node_modules/left', '__pycache__', '.cache']) {
      mkdirSync(join(folder, 'code', made), { recursive: true });
      writeFileSync(join(folder, 'code', made, 'made.js'), 'made');
    }
    expect(taken()).toBe(before);
  });

  it('changes with a content, a name, a file more; not with line ends, or what does not count', () => {
    write('code/a.ts', 'one\ntwo\n');
    write('code/deep/b.ts', 'three\n');
    write('lock.json', '{}');
    const first = taken();
    write('code/a.ts', 'one\r\ntwo\r\n');
    expect(taken()).toBe(first);
    write('code/a.ts', 'one\ntwo \n');
    expect(taken()).not.toBe(first);
    write('code/a.ts', 'one\ntwo\n');
    expect(taken()).toBe(first);
    write('code/c.test.ts', 'test');
    expect(taken()).not.toBe(first);
    expect(taken((path) => !path.endsWith('.test.ts'))).toBe(first);
    rmSync(join(folder, 'code/c.test.ts'));
    rmSync(join(folder, 'code/deep/b.ts'));
    write('code/b.ts', 'three\n');
    expect(taken()).not.toBe(first);
  });

  it('takes binary files as they are', () => {
    write('code/a', Buffer.from('\0\r\n'));
    const first = taken();
    write('code/a', Buffer.from('\0\n'));
    expect(taken()).not.toBe(first);
  });
});
