/**
 * Model calls that fit no template of a write under way. One that may only be a client's is paid for, as before the migration.
 * One that may be a replay's is held: it is paid for once it is known not to be, and refused when its time is up.
 */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Content } from '../../relay/gemini-format/types.ts';
import type { ModelCall } from '../../relay/provider.ts';
import { type Flight, type Flights, isReplay } from './flights.ts';

/** Told of a replay's route whose model call could not be tied, and of how that call was worded. */
export type OnHeld = (route: RouteKey, example: string) => void;

export interface HoldOptions {
  /** Milliseconds. */
  holdFor: number;
  /** Aborted when the backend no longer waits. */
  signal: AbortSignal;
  onHeld: OnHeld;
}

/** @returns whether the call may be paid for; false: it is, or may be, a replay's */
export async function mayBePaid(flights: Flights, call: ModelCall, options: HoldOptions): Promise<boolean> {
  const { suspects, isSure } = suspectsOf(flights, call);
  const replays = suspects.filter((flight) => isReplay(flight) && (flight.hasTemplate || isSure));
  const primaries = suspects.filter((flight) => !isReplay(flight));
  for (const flight of primaries) note(flight, call, isSure);
  if (replays.length === 0) return true;
  const isReplays = primaries.length === 0;
  // Set before it is certain: a replay that ends meanwhile has not got what it asked for.
  const denied = isReplays ? replays.filter(({ denied }) => denied === undefined) : [];
  for (const flight of denied) deny(flight, call);
  const isCertain = isReplays && isSure;
  if (isCertain) for (const flight of replays) tell(flight, options.onHeld);
  const until = performance.now() + options.holdFor;
  for (;;) {
    if (!isSure && replays.every(({ tied }) => tied > 0)) {
      for (const flight of denied) flight.denied = undefined;
      return true;
    }
    const left = replays.filter((flight) => flights.has(flight) && (isSure || flight.tied === 0));
    const time = until - performance.now();
    if (left.length === 0 && !isReplays) return true;
    if (left.length === 0 || time <= 0 || options.signal.aborted) {
      for (const flight of isReplays ? replays : left) {
        if (!isSure && flight.tied > 0) continue;
        deny(flight, call);
        if (!isCertain) tell(flight, options.onHeld);
      }
      return false;
    }
    await flights.change(time, options.signal);
  }
}

/** A text shorter than that may stand in any prompt by chance. */
const telling = 8;

/**
 * Whose a call may be: the flights whose text its last turn has, those with the longest one; or else all of them. Legacy's
 * calls do not name their operation and new's do, so a call without one is new's only if legacy is asked nothing.
 */
function suspectsOf(flights: Flights, { request }: ModelCall): { suspects: Flight[]; isSure: boolean } {
  const all = [...flights];
  const onLegacy = all.filter(({ side }) => side === 'legacy');
  const candidates = onLegacy.length > 0 ? onLegacy : all;
  const prompt = textIn(request.contents.at(-1));
  const lengthIn = ({ text }: Flight) => (prompt.includes(text) ? text.length : 0);
  const longest = Math.max(0, ...candidates.map(lengthIn));
  if (longest < telling) return { suspects: candidates, isSure: false };
  return { suspects: candidates.filter((flight) => lengthIn(flight) === longest), isSure: true };
}

function note(flight: Flight, call: ModelCall, isSure: boolean): void {
  if (flight.untied?.isSure) return;
  flight.untied = { example: wordingOf(call, flight.text), isSure };
}

function deny(flight: Flight, call: ModelCall): void {
  flight.denied ??= wordingOf(call, flight.text);
}

/** A message that is no text could not have been tied, whatever the template: a client made it so. */
function tell({ route, hasTemplate, message, denied = '' }: Flight, onHeld: OnHeld): void {
  if (!hasTemplate || message !== undefined) onHeld(route, denied);
}

/** At most so many characters of a line of the prompt are shown. */
const shown = 60;

/**
 * How the last turn words a message, for the operator: the line that the message stands in, without the message, as that is the
 * client's. The rest of the prompt may be anybody's document.
 */
function wordingOf({ request: { contents } }: ModelCall, message: string): string {
  const last = textIn(contents.at(-1));
  const size = `${contents.length === 1 ? '1 turn' : `${contents.length} turns`}, the last of ${last.length} characters`;
  const at = message === '' ? -1 : last.lastIndexOf(message);
  if (at < 0) return `${size}, without the message`;
  const before = last.slice(0, at).split('\n').at(-1) ?? '';
  const [after = '', ...lines] = last.slice(at + message.length).split('\n');
  const more = lines.length > 0 ? ` and ${lines.length} more lines` : '';
  return `${size}: "${before.slice(-shown)}{message}${after.slice(0, shown)}"${more}`;
}

/** The texts of a turn's parts, whatever else is in it. */
const textIn = (content: Content | undefined): string =>
  (content?.parts ?? []).map(({ text = '' }) => text).join('');
