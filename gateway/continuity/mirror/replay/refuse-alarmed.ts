/** Replays that are not made, as what the route table declares does not hold for them: a person has to look first. */
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { Alarms } from '../../alarms/alarms.ts';
import type { Entry } from '../../journal/entries.ts';
import type { Tie } from '../../model-calls/tie.ts';
import { makesOnlySupported, unsupportedNamed } from '../../names/unsupported.ts';
import type { Known } from '../../protocol/keys.ts';
import { otherSide } from '../../protocol/roles.ts';
import { ReplayRefused } from './refused.ts';

/**
 * @param known of the entry, in public ids
 * @throws ReplayRefused if the other side would do it to another thing, make it under an id that cannot be mapped, or pay for a
 * model call again
 */
export function refuseAlarmed(entry: Entry, route: Route, known: Known, alarms: Alarms): void {
  const reason = reasonOf(entry, route, known, alarms);
  if (reason === undefined) return;
  const mayHaveIt = entry.mirror === 'sending' && entry.side === 'new';
  throw new ReplayRefused(`${reason}; \`banyan status\` shows the alarm`, {
    mayHaveIt,
    isFinal: true,
    isAlarmed: true,
  });
}

function reasonOf(entry: Entry, route: Route, known: Known, alarms: Alarms): string | undefined {
  const side = otherSide[entry.side];
  if (!makesOnlySupported(route, entry))
    return `${entry.side} made it under an id that is not of the declared format, so ${side} is not given it`;
  if (alarms.makesUnsupported(route.key, side))
    return `${side} makes ids on this route that are not of the declared format, so it is not asked to`;
  const named = unsupportedNamed(route, known).find(({ kind }) => alarms.isUnsupported(kind));
  if (named)
    return `it names a ${named.kind} by an id that is not of the declared format, and ${side} may call another ${named.kind} so`;
  if (side === 'legacy' && alarms.stands(route.key, 'untied_model_call'))
    return 'legacy would ask the model in words that the route table does not describe, and be paid for again';
  return undefined;
}

/** @throws ReplayRefused if the side made a model call for the replay that could not be tied, and so was not answered */
export function refuseUntied(side: BackendName, id: string, tie: Tie): void {
  if (tie.deniedCallOf(side, id) === undefined) return;
  throw new ReplayRefused(
    `${side} asked the model in words that the route table does not describe; the call was not paid, and ${side} may have stored its own error as the reply`,
    { mayHaveIt: true, isFinal: true, isAlarmed: true },
  );
}
