/** The files that hold bodies: bounded, counted, and gone as soon as nothing needs them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { Bodies } from './bodies.ts';
import { asDiskFull, Room } from './room.ts';

const KB = 1024;
const MB = 1024 * KB;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bodies-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const needed = new Set<string>();
afterEach(() => needed.clear());
const isNeeded = async (file: string) => needed.has(file);
const open = (room = new Room()) => new Bodies(folder, { isNeeded, room });
const filled = (bytes: number, byte = 1) => Readable.from([Buffer.alloc(bytes, byte)], { objectMode: false });

/** A body that never ends, and how much of it was read. */
function endless(piece = 64 * KB): { body: Readable; read: () => number } {
  let read = 0;
  const body = Readable.from(
    (function* () {
      for (;;) {
        read += piece;
        yield Buffer.alloc(piece);
      }
    })(),
    { objectMode: false },
  );
  return { body, read: () => read };
}

describe('a body that is larger than its route takes', () => {
  it('is refused as soon as it is, and leaves nothing; the request can still be answered', async () => {
    const bodies = open();
    const { body, read } = endless();
    await expect(bodies.read(body, { largest: 2 * MB })).rejects.toMatchObject({
      code: 'body_too_large',
      status: 413,
    });
    expect(read()).toBeLessThan(3 * MB);
    expect(body.destroyed).toBe(false);
    expect(await readdir(folder)).toEqual([]);
    expect(bodies.use).toMatchObject({ files: 0, bytes: 0 });
  });

  it('is refused before any of it is read where its head says so', async () => {
    const { body, read } = endless();
    const refused = open().read(body, { largest: MB, announced: MB + 1 });
    await expect(refused).rejects.toMatchObject({ code: 'body_too_large' });
    expect(read()).toBe(0);
  });

  it('is taken where it is exactly as large', async () => {
    expect(await open().read(filled(MB), { largest: MB, announced: MB })).toMatchObject({
      file: expect.any(String),
    });
  });
});

describe('the disk', () => {
  it('is filled up to a bound by all bodies together, those that are still coming too', async () => {
    const bodies = open(new Room({ most: 4 * MB, reserve: 0 }));
    const coming = [endless(), endless(), endless()];
    const ended = await Promise.allSettled(coming.map(({ body }) => bodies.read(body)));
    for (const one of ended) expect(one).toMatchObject({ reason: { code: 'bodies_full', status: 503 } });
    expect(coming.reduce((sum, { read }) => sum + read(), 0)).toBeLessThan(6 * MB);
    expect(bodies.use).toMatchObject({ files: 0, bytes: 0 });
    // What was refused makes room for others.
    expect(await bodies.read(filled(3 * MB))).toMatchObject({ file: expect.any(String) });
    expect(bodies.use).toEqual({ files: 1, bytes: 3 * MB, most: 4 * MB });
    await expect(bodies.read(filled(2 * MB))).rejects.toMatchObject({ code: 'bodies_full' });
  });

  it('is not filled further than its reserve', async () => {
    let free = 300 * MB;
    const bodies = open(new Room({ most: 1024 * MB, reserve: 256 * MB }, async () => free));
    expect(await bodies.read(filled(MB))).toBeDefined();
    free = 255 * MB;
    await expect(bodies.checkDisk()).rejects.toMatchObject({ code: 'disk_full', status: 503 });
    const { body, read } = endless();
    await expect(bodies.read(body)).rejects.toMatchObject({ code: 'disk_full' });
    expect(read()).toBeLessThan(10 * MB);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'])('that says %s is full to a client', (code) => {
    expect(asDiskFull(Object.assign(new Error(code), { code }))).toMatchObject({ code: 'disk_full' });
  });
});

describe('a file', () => {
  const kept = async (bodies: Bodies, byte = 1) => {
    const body = await bodies.read(filled(MB, byte));
    if (!body || !('file' in body)) throw new Error('it is kept in memory');
    return body;
  };
  const gone = () => until(async () => (await readdir(folder)).length === 0, 10_000, 'the file to go');

  it('goes once the write that it came with is over, and stays where an entry needs it', async () => {
    const bodies = open();
    const [one, other] = [await kept(bodies, 1), await kept(bodies, 2)];
    needed.add(other.file);
    for (const { file } of [one, other]) await bodies.remove(file);
    expect((await readdir(folder)).sort()).toEqual([one.file, other.file].sort());
    for (const body of [one, other]) bodies.release(body);
    await until(async () => (await readdir(folder)).length === 1, 10_000, 'the file to go');
    expect(await readdir(folder)).toEqual([other.file]);
    expect(bodies.use).toMatchObject({ files: 1, bytes: MB });
    needed.clear();
    await bodies.remove(other.file);
    await gone();
    expect(bodies.use).toMatchObject({ files: 0, bytes: 0 });
  });

  it('stays for a write with the same content that comes while it is looked whether anybody needs it', async () => {
    const looking = Promise.withResolvers<void>();
    const bodies = new Bodies(folder, { isNeeded: () => looking.promise.then(() => false) });
    const first = await kept(bodies);
    bodies.release(first);
    const removing = bodies.remove(first.file);
    const second = await kept(bodies);
    bodies.release(second);
    looking.resolve();
    await removing;
    // The second one was acknowledged meanwhile, for all that the look could see.
    expect(await readdir(folder)).toEqual([first.file]);
    expect(bodies.use).toMatchObject({ files: 1, bytes: MB });
  });

  it('of an earlier process is counted where an entry needs it, and removed with what was unfinished otherwise', async () => {
    const [named, unnamed] = ['a'.repeat(64), 'b'.repeat(64)];
    for (const name of [named, unnamed, 'c.part']) writeFileSync(join(folder, name), 'x'.repeat(KB));
    const bodies = open();
    await bodies.recover(new Set([named]));
    expect(await readdir(folder)).toEqual([named]);
    expect(bodies.use).toMatchObject({ files: 1, bytes: KB });
  });
});
