/** Chat by chat: whether both backends have the same. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DiffState } from '@banyan/gateway/continuity/diff/diffs.ts';
import type { KeyDifferences } from '@banyan/gateway/continuity/diff/report.ts';
import type { JournalSize } from '@banyan/gateway/continuity/journal/size.ts';
import { type ChatState, stateOf } from '../hour/state.ts';
import type { Parts } from './parts.ts';

/** Keys in a second. */
const rate = 1000;

/** What the two backends do not have alike, apart from what is shown as a conflict, or as something that legacy lacks. */
export async function unlike(parts: Parts): Promise<string[]> {
  const { conflicts, legacy } = (await parts.console('journal')) as JournalSize;
  const lacking = legacy?.lacking.first.map(({ key }) => key) ?? [];
  const shown = new Set([...conflicts.map(({ key }) => key), ...lacking]);
  return [...(await differing(parts, shown)), ...(await missingOnLegacy(parts, shown))];
}

/** By `banyan diff`. */
async function differing(parts: Parts, shown: ReadonlySet<string>): Promise<string[]> {
  await parts.console('diff', { rate });
  for (;;) {
    const { running, last } = (await parts.console('diff')) as DiffState;
    if (running || !last) {
      await pause(200);
      continue;
    }
    const different = last.different.filter((one) => !shown.has(one.key) && !isCount(one));
    const undecided = last.undecided.filter(({ key }) => !shown.has(key));
    return [...different, ...undecided].map((one) => `diff: ${JSON.stringify(one)}`);
  }
}

/** The title of a new chat counts the chats, also those that were created directly meanwhile. */
const isCount = ({ differences, more }: KeyDifferences) => more === 0 && areCounts(differences);

export const areCounts = (differences: readonly { left: string; right: string }[]): boolean =>
  differences.every(({ left, right }) => [left, right].every((text) => /^"New Chat \d+"$/.test(text)));

/** By legacy's own answers, without the gateway. */
async function missingOnLegacy(parts: Parts, shown: ReadonlySet<string>): Promise<string[]> {
  const legacy = (await stateOf(parts.legacyUrl)).map(contentsOf);
  const faults: string[] = [];
  for (const state of await stateOf(parts.url)) {
    const at = legacy.indexOf(contentsOf(state));
    if (at >= 0) legacy.splice(at, 1);
    else if (!shown.has(`chat:${state.id}`)) faults.push(`legacy alone does not have ${contentsOf(state)}`);
  }
  const most = shown.size;
  if (legacy.length > most)
    faults.push(...legacy.map((contents) => `legacy alone has ${contents.slice(0, 300)}`));
  return faults;
}

const contentsOf = ({ title, turns, documents }: ChatState): string =>
  JSON.stringify({ title: title.replace(/^New Chat \d+$/, 'New Chat'), turns, documents });
