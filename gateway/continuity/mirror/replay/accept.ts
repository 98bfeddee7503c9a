/** Whether the other side has done what it was asked, by its answer or by what it shows. */
import { isInOddForm } from '../../answers/unreadable.ts';
import type { Entry } from '../../journal/entries.ts';
import { entityKeys } from '../../protocol/keys.ts';
import { isStillListed } from '../order/again.ts';
import { beginsWork } from '../order/work.ts';
import { refusalOf } from './acceptance.ts';
import { isRepeatable, lookForReplay, storedOtherwise } from './earlier.ts';
import type { ReplayOptions } from './options.ts';
import { NotAsked, ReplayRefused } from './refused.ts';
import { type Found, type Replay, replayingOf, type Seen } from './state.ts';

/** @throws ReplayRefused if the side has not done it, or if that cannot be told */
export async function accept(replay: Replay, found: Found): Promise<Found> {
  const { side, options } = replay;
  const { answers, earlier, chain, expected } = found;
  if (!answers) return { seen: earlier };
  if (answers.unreadable !== undefined && isInOddForm(answers.raw))
    throw new ReplayRefused(`what ${side} answered cannot be read: ${answers.unreadable}`, {
      mayHaveIt: true,
      isFinal: true,
    });
  const answered = { ...replayingOf(replay, found), ...options, side, answer: answers.raw };
  const refused = refusalOf(answered, options.sides);
  if (refused) return { seen: await effectOf(refused, replay, found) };
  chain?.goesOn(expected);
  return { accepted: answers };
}

/**
 * The answer does not tell whether the side has done it, and the probe may.
 * @returns what it shows, where it has
 */
async function effectOf(
  refused: ReplayRefused,
  { entry, route, side, known, options }: Replay,
  { expected, sentAt = 0 }: Found,
): Promise<Seen> {
  const isRepeated = entry.mirror === 'sending' || entry.attempts > 0;
  if (!refused.mayHaveIt && side === 'legacy' && isRepeated && beginsWork(route, options.sides.table)) {
    // An earlier attempt may have been taken and finished before a restart made legacy forget the work.
    const isThere =
      (await isStillListed(route, known, options.sides)) ?? (await isListedAlike(entry, options));
    if (isThere) return { answer: undefined, isRefusedAsDone: true };
  }
  if (!refused.mayHaveIt) throw refused;
  const finding = await lookForReplay(entry, { route, known, expected, sentAt }, options);
  if (finding.seen === 'done') return { answer: finding.learned };
  if (finding.seen === 'done otherwise') throw storedOtherwise();
  if (finding.seen === 'not done' || isRepeatable(route)) throw refused;
  if (finding.isAway) throw new NotAsked(finding.why);
  const { isFinal } = refused;
  throw new ReplayRefused(`${refused.message}; whether it has done it cannot be seen: ${finding.why}`, {
    mayHaveIt: true,
    isFinal,
  });
}

/** Whether both sides list as many times of each of the entry's entities. */
async function isListedAlike(entry: Entry, { times }: ReplayOptions): Promise<boolean> {
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  const [legacy, fresh] = await Promise.all([times.read('legacy'), times.read('new')]);
  const count = (of: typeof legacy, key: string) => of.raw.get(key)?.length ?? 0;
  return keys.length > 0 && keys.every((key) => count(legacy, key) >= count(fresh, key));
}
