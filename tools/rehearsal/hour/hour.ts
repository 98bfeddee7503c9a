/** An hour's worth of writes on new, and then everything back: what legacy has then, chat by chat. */
import { chance } from '@banyan/operations/testing/random.ts';
import type { Parts } from './parts.ts';
import { type Kind, Person } from './person.ts';
import { type Answer, apart, ask, type ChatState, differences, listOf, stateOf } from './state.ts';

export interface HourOptions {
  parts: Parts;
  users: number;
  /** That are acknowledged on new. */
  writes: number;
  seed: number;
  report: (line: string) => void;
}

export interface HourReport {
  /** What was acknowledged. */
  writes: Partial<Record<Kind, number>>;
  /** What legacy has at the end. */
  legacy: { chats: number; turns: number; documents: number };
  /** Questions that were asked of both. */
  questions: number;
  /** Writes that legacy had not been given when everything was rolled back. */
  owed: number;
  /** Of the users at work, and from the rollback until legacy had everything, in milliseconds. */
  took: { writes: number; even: number };
  /** What must not be; empty, if all is well. */
  faults: string[];
}

const question = 'What does a walrus eat, and how many of them?';

export async function hour({ parts, users, writes, seed, report }: HourOptions): Promise<HourReport> {
  const faults: string[] = [];
  await parts.all('new');
  const began = performance.now();
  const { people, counts } = await atWork({ url: parts.url, users, writes, seed, report });
  const took = { writes: performance.now() - began, even: 0 };
  const withDocuments = (await stateOf(parts.url)).filter(({ documents }) => documents.length > 0);
  const onNew = await answers(parts.url, withDocuments);
  const before = { state: await stateOf(parts.url), list: await listOf(parts.url) };
  const { lag } = await parts.journal();
  report(`${writes} writes on new; ${lag.legacy} are still owed to legacy; everything is rolled back`);

  const rolledBack = performance.now();
  await parts.all('legacy');
  await parts.even();
  took.even = performance.now() - rolledBack;
  const { divergent } = await parts.journal();
  if (divergent > 0)
    faults.push(`${divergent} writes were answered otherwise by legacy: ${await parts.divergences()}`);
  const after = { state: await stateOf(parts.url), list: await listOf(parts.url) };
  faults.push(...differences(before.state, after.state, true).map((text) => `through the gateway: ${text}`));
  if (before.list !== after.list) faults.push(`the list of chats: ${apart(before.list, after.list)}`);
  faults.push(...missing(people, after.state));
  faults.push(...unlike(withDocuments, onNew, await answers(parts.url, withDocuments)));
  await parts.even();

  const atTheEnd = await stateOf(parts.url);
  await parts.stopNew();
  report('new is stopped; legacy is asked alone');
  const alone = await stateOf(parts.legacyUrl);
  faults.push(...differences(atTheEnd, alone, false).map((text) => `of legacy alone: ${text}`));
  const sum = (of: (state: ChatState) => number) => alone.reduce((total, state) => total + of(state), 0);
  return {
    writes: counts,
    legacy: {
      chats: alone.length,
      turns: sum(({ turns }) => turns.length),
      documents: sum(({ documents }) => documents.length),
    },
    questions: withDocuments.length,
    owed: lag.legacy,
    took,
    faults,
  };
}

async function atWork({ url, users, writes, seed, report }: Omit<HourOptions, 'parts'> & { url: string }) {
  const counts: Partial<Record<Kind, number>> = {};
  let [left, done] = [writes, 0];
  const onAcknowledged = (kind: Kind) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    done += 1;
    if (done % Math.ceil(writes / 5) === 0) report(`${done} writes`);
  };
  const people = Array.from(
    { length: users },
    (_, i) => new Person({ url, name: `user ${i + 1}`, random: chance(seed + i), onAcknowledged }),
  );
  await Promise.all(
    people.map(async (person) => {
      while (left-- > 0) await person.write();
    }),
  );
  return { people, counts };
}

/** What somebody was told that it is there, and is not, or is more than once. */
function missing(people: readonly Person[], states: readonly ChatState[]): string[] {
  const byId = new Map(states.map((state) => [state.id, state]));
  const expected = people.flatMap(({ chats }) => chats);
  const faults = expected.flatMap(({ id, title, said, documents }) => {
    const state = byId.get(id);
    if (!state) return [`chat ${id} is not there`];
    const turns = state.turns.filter(({ sender, text }) => sender === 'user' && text !== question);
    const has = JSON.stringify([
      state.title,
      turns.map(({ text }) => text),
      state.documents.map(({ name }) => name),
    ]);
    const due = JSON.stringify([title, said, documents]);
    return has === due ? [] : [`chat ${id}: ${apart(due, has)}`];
  });
  return states.length === expected.length
    ? faults
    : [...faults, `${states.length} chats, and not ${expected.length}`];
}

async function answers(url: string, chats: readonly ChatState[]): Promise<Answer[]> {
  const all: Answer[] = [];
  for (const { id } of chats) all.push(await ask(url, id, question));
  return all;
}

/** Where the same question has another answer or other sources. */
function unlike(chats: readonly ChatState[], one: readonly Answer[], other: readonly Answer[]): string[] {
  return chats.flatMap(({ id }, i) => {
    const [a = '', b = ''] = [JSON.stringify(one[i]), JSON.stringify(other[i])];
    return a === b ? [] : [`the answer in chat ${id}: ${apart(a, b)}`];
  });
}
