/** Sends an entry to the other side. */
import { pass } from '../../failpoints.ts';
import { replyIn } from '../../model-calls/tie.ts';
import type { Known } from '../../protocol/keys.ts';
import type { Answers } from '../../sides/sides.ts';
import { refuseUntied } from './refuse-alarmed.ts';
import { Overtaken, ReplayRefused } from './refused.ts';
import { legacyCounts, legacyTimes, type Replaying } from './replayed-times.ts';
import { type Found, type Replay, replayingOf } from './state.ts';

/**
 * What is sent to legacy is marked as sent before, as legacy may do it whatever becomes of the gateway.
 * @throws Overtaken, ReplayRefused, BanyanError of the backend
 */
export async function send(replay: Replay, found: Found): Promise<Answers> {
  const { side, entry, route, known, signal } = replay;
  const { sides, tie, idle, marks, idWatch, marked, hold } = replay.options;
  const hint = side === 'new' ? await legacyHint(known, replayingOf(replay, found)) : {};
  if (entry.mirror === 'owed') idle.add(entry.id);
  const isToBeMarked = side === 'legacy' && !(await marked);
  // A value that is set once more changes nothing: whether it was sent need not be known for good.
  const isKept = route.probe?.shows !== 'field-set';
  if (isToBeMarked && !(await marks.sending({ id: entry.id, expected: found.expected, isKept })))
    throw new Overtaken();
  await pass('sending', entry.id);
  const reply = replyIn(route, known.answer) ?? null;
  const release = await tie.replay(side, route, known, entry.id, reply, hold);
  try {
    const { request, body } = entry;
    const operation = { id: entry.id, ...hint };
    const sending = { route, request, body, params: known.params, operation };
    idle.delete(entry.id);
    const answers = await sides.send(side, sending, signal);
    idle.add(entry.id);
    refuseUntied(side, entry.id, tie);
    const watched = { route, known, target: request.target };
    if (await idWatch.written(side, watched, answers.raw, { isReplay: true }))
      throw new ReplayRefused(`${side} has done it, and calls what it made by an id of another format`, {
        mayHaveIt: true,
        isFinal: true,
        isAlarmed: true,
      });
    return answers;
  } finally {
    release();
  }
}

async function legacyHint(known: Known, replaying: Replaying) {
  const [times, counts] = await Promise.all([legacyTimes(replaying), legacyCounts(replaying)]);
  return { answer: known.answer, times, ...(Object.keys(counts).length > 0 && { counts }) };
}
