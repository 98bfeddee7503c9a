/** What waits behind a stuck write, in an application of three levels: an article needs its author, a comment its article. */
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../testing/both.ts';
import { startPress } from '../testing/press-rig.ts';
import { BlockedKeys } from './blocked.ts';
import { owedEntries } from './mirrored.ts';
import { JOURNAL_SCHEMA, journalOf } from './tables.ts';

it('blocks what comes later, through entries that wait, and nothing that came before', () => {
  const blocked = new BlockedKeys<{ id: string; keys: string[] }>(() => false);
  const place = (id: string, keys: string[], isStuck = false) => [...blocked.place({ id, keys }, isStuck)];
  expect(place('earlier', ['author', 'other'])).toEqual([]);
  expect(place('stuck', ['author'], true)).toEqual(['stuck']);
  expect(place('article', ['author', 'article'])).toEqual(['stuck']);
  expect(place('comment', ['article', 'comment'])).toEqual(['stuck']);
  expect(place('stuck too', ['comment'], true)).toEqual(['stuck', 'stuck too']);
  expect(place('like', ['comment', 'like'])).toEqual(['stuck', 'stuck too']);
  expect(place('another', ['other'])).toEqual([]);
});

it('lets entries that may share a key pass each other, and keeps all others behind the first of these', () => {
  const blocked = new BlockedKeys<{ id: string; keys: string[] }>(({ id }) => id.startsWith('create'));
  const place = (id: string, isStuck = false) => [...blocked.place({ id, keys: ['list'] }, isStuck)];
  expect(place('create 1', true)).toEqual(['create 1']);
  expect(place('create 2')).toEqual([]);
  expect(place('delete')).toEqual(['create 1']);
  expect(place('create 3')).toEqual(['create 1']);
});

const bound = { timeout: 20_000 };

onBothDatabases((database) => {
  /** An author, of whom legacy refuses a rename, an article of theirs, and a comment on it; the last two wait for the rename. */
  async function threeLevels() {
    const rig = await startPress(database.db, { read: 60_000 });
    const make = async (level: string, name: string, parent?: string) => {
      const { status, json } = await rig.ask('new', 'POST', `/${level}s`, { name, parent });
      expect(status).toBe(201);
      return (json as { id: string }).id;
    };
    const author = await make('author', 'Ada');
    await rig.continuity.mirror.idle();
    rig.legacy.refused.add('Ada L.');
    await rig.ask('new', 'PUT', `/authors/${author}`, { name: 'Ada L.' });
    const article = await make('article', 'On engines', author);
    const comment = await make('comment', 'Well said', article);
    await rig.ask('new', 'PUT', `/comments/${comment}`, { name: 'Very well said' });
    await expect.poll(async () => (await rig.continuity.size()).pinned.length, bound).toBe(1);
    // Another author's writes go on, so that whatever can be replayed has been.
    const other = await make('author', 'Grace');
    await rig.ask('new', 'PUT', `/authors/${other}`, { name: 'Grace H.' });
    await expect.poll(() => rig.legacy.written, bound).toContain('Grace H.');
    // Legacy has it before the mirror has noted that.
    await expect.poll(async () => (await rig.continuity.size()).lag.legacy, bound).toBe(4);
    return { rig, author, article, comment };
  }

  it('gives nothing to legacy that needs what waits for a stuck write, and counts all of it', async () => {
    const { rig } = await threeLevels();
    const withoutRetries = new Set(rig.legacy.written);
    expect([...withoutRetries]).toEqual(['Ada', 'Ada L.', 'Grace', 'Grace H.']);
    await expect.poll(async () => (await rig.continuity.size()).lag, bound).toEqual({ legacy: 4, new: 0 });
    expect((await rig.continuity.size()).pinned).toMatchObject([{ behind: 3 }]);
    rig.legacy.refused.clear();
    await rig.continuity.operator.retry();
    await expect.poll(async () => (await rig.continuity.size()).lag.legacy, bound).toBe(0);
    expect(await rig.continuity.size()).toMatchObject({ pinned: [], divergent: 0 });
    const names = (app: typeof rig.legacy) =>
      Object.values(app.rows).map((rows) => rows.map(({ name }) => name));
    expect(names(rig.legacy)).toEqual([['Ada L.', 'Grace H.'], ['On engines'], ['Very well said']]);
    expect(names(rig.new)).toEqual(names(rig.legacy));
  });

  it('answers a read of what waits from the backend that has it, at once, whatever the flag says', async () => {
    const { rig, comment } = await threeLevels();
    const began = performance.now();
    const { by, json } = await rig.ask('legacy', 'GET', `/comments/${comment}`);
    expect([by, json]).toEqual(['new', expect.objectContaining({ name: 'Very well said' })]);
    expect((await rig.ask('legacy', 'GET', '/articles')).json).toMatchObject([{ name: 'On engines' }]);
    // The reads would wait for the mirror for a minute.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('lists what waits among what legacy lacks, where legacy is to serve the authors at once', async () => {
    const { rig, comment } = await threeLevels();
    const { left } = await rig.continuity.operator.leaveBehind(['PUT /authors/:id']);
    expect(left.map(({ route }) => route)).toEqual([
      'PUT /authors/:id',
      'POST /articles',
      'POST /comments',
      'PUT /comments/:id',
    ]);
    expect(rig.continuity.journal.lag.counts()).toMatchObject({ left: 4, owed: 0, pinned: 0 });
    // Legacy serves the comments without it, as the comment's article is legacy's now.
    expect((await rig.ask('legacy', 'GET', `/comments/${comment}`)).by).toBe('legacy');
  });

  it('goes on with other authors though more wait for one than the mirror reads at once', async () => {
    const { rig, article } = await threeLevels();
    const comments = Array.from({ length: 300 }, (_, i) => `Comment ${i}`);
    const write = (name: string) => rig.ask('new', 'POST', '/comments', { name, parent: article });
    await Promise.all(comments.map(write));
    const { status, json } = await rig.ask('new', 'POST', '/authors', { name: 'Barbara' });
    expect(status).toBe(201);
    await expect.poll(() => rig.legacy.written, bound).toContain('Barbara');
    await rig.ask('new', 'PUT', `/authors/${(json as { id: string }).id}`, { name: 'Barbara L.' });
    await expect.poll(() => rig.legacy.written, bound).toContain('Barbara L.');
    expect(rig.legacy.rows.comment).toEqual([]);
    expect((await rig.continuity.size()).pinned).toMatchObject([{ behind: 303 }]);
  });

  it('finds what can be replayed behind thousands that wait, and keeps those back that need them', async () => {
    const { rig } = await threeLevels();
    await rig.continuity.close();
    const db = journalOf(database.db);
    const waiting = 2500;
    const { key } = await db
      .selectFrom('entry_keys')
      .select('key')
      .where('key', 'like', 'article:%')
      .limit(1)
      .executeTakeFirstOrThrow();
    const insert = (count: number, first: string, second: string) =>
      sql`
        with made as (
          insert into ${sql.table(`${JOURNAL_SCHEMA}.entries`)}
            (id, epoch, route, side, request, state, settled_at, place, mirror)
          select gen_random_uuid(), 1, 'PUT /comments/:id', 'new', '{}', 'settled', now(),
            nextval(${`${JOURNAL_SCHEMA}.places`}), 'owed'
          from generate_series(1, ${count}::int) returning id, place
        )
        insert into ${sql.table(`${JOURNAL_SCHEMA}.entry_keys`)} (entry_id, key)
        select id, replace(replace(key, '#', place::text), '<', (place - 1)::text)
        from made, unnest(array[${first}, ${second}]::text[]) as its(key)`.execute(db);
    // The first needs the article, and each of the others the one before it.
    await insert(1, key, 'comment:#');
    await insert(waiting, 'comment:<', 'comment:#');
    await insert(3, 'free:1', 'free:#');
    const found = await owedEntries(db, 256, () => false);
    expect(found.hasMore).toBe(false);
    expect(found.entries.map(({ keys }) => keys.includes('free:1'))).toEqual([true, true, true]);
    const [all, none] = [await owedEntries(db, 2, () => false), await owedEntries(db, 3, () => false)];
    expect([all.entries.length, all.hasMore, none.entries.length]).toEqual([2, true, 3]);
  });
});
