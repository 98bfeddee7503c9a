/** `banyan status --watch`: what the console's page shows, in a terminal, until Ctrl-C. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Overview, RouteOverview } from '../console/overview.ts';
import { type LegacyState, legacyLine } from '../continuity/journal/legacy-state.ts';
import type { KindProgress } from '../continuity/sync/progress.ts';
import type { Guards } from '../flags/model.ts';
import type { Lately } from '../metrics/traffic.ts';
import type { WaitingJob } from '../work.ts';
import type { CliContext } from './context.ts';
import type { GatewayClient } from './gateway-client.ts';
import { localTime, tableLines } from './table.ts';

/** Milliseconds from one look to the next. */
const pace = 1000;
const home = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

/** A terminal is drawn over; elsewhere each change is a block, or with `json` a line. Resolves when the signal aborts. */
export async function watchStatus(
  gateway: Pick<GatewayClient, 'get' | 'url'>,
  context: CliContext,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<void> {
  const draw = context.isTerminal && !json;
  if (draw) context.write('\x1b[2J');
  let before = '';
  while (!signal.aborted) {
    const seen = await gateway.get<Overview>('/overview').catch((error: Error) => error);
    if (signal.aborted) return;
    const shown = json
      ? JSON.stringify(seen instanceof Error ? { error: seen.message } : seen)
      : seen instanceof Error
        ? context.style('red', `${seen.message} What was shown before is old.`)
        : overviewLines(seen, context).join('\n');
    if (draw) context.write(`${home}${shown.replaceAll('\n', `${clearLine}\n`)}${clearLine}\n${clearBelow}`);
    else if (shown !== before) context.print(json ? shown : `${shown}\n`);
    before = shown;
    await delay(pace, undefined, { signal }).catch(() => {});
  }
}

function overviewLines(
  seen: Overview,
  context: Pick<CliContext, 'width' | 'tableWidth' | 'style'>,
): string[] {
  const { application, ready, epoch, faults, alarms, flagFile, routes, onNew } = seen;
  const { unwritten, blockedGuards, actedGuards } = seen;
  const bad =
    faults.length > 0
      ? [context.style('red', `${faults.length} faults in ${flagFile}; banyan status shows them.`)]
      : [];
  return [
    `${application}: ${ready ? 'ready' : context.style('red', 'not ready')}, epoch ${epoch}, ${onNew} of ${routes.length} routes on the new backend`,
    ...bad,
    ...alarms.map(({ route, example }) =>
      context.style(
        'red',
        `Alarm on ${route}: ${example}; banyan alarms says what to do.`.slice(0, context.width),
      ),
    ),
    ...blockedGuards.map(({ route, reason }) =>
      context.style('red', `The guard of ${route} cannot act: ${reason}`.slice(0, context.width)),
    ),
    ...actedGuards.map(({ route, since, why = '' }) =>
      context.style(
        'yellow',
        `The guard of ${route} has rolled it back, ${localTime(since)}: ${why}`.slice(0, context.width),
      ),
    ),
    ...(unwritten
      ? [
          context.style(
            'yellow',
            `${unwritten.routes.length} routes are not as ${flagFile} says; banyan status shows what to change.`,
          ),
        ]
      : []),
    '',
    ...phaseLines(seen, context),
    '',
    ...routeLines(seen.routes, context),
    '',
    ...stateLines(seen, context),
    '',
    ...seen.history
      .slice(0, 5)
      .map(({ time, who, route, from, to, why }) =>
        `${localTime(time)}  ${route}  ${from} → ${to}  ${who}: ${why}`.slice(0, context.width),
      ),
  ];
}

const barWidth = 30;

function phaseLines({ phases }: Overview, { style }: Pick<CliContext, 'style'>): string[] {
  const widest = Math.max(0, ...phases.map(({ name }) => name.length));
  return phases.map(({ name, routes, onNew, share }) => {
    const filled = Math.round(share * barWidth);
    const bar = style('green', '█'.repeat(filled)) + style('dim', '░'.repeat(barWidth - filled));
    const inPart = share > 0 && onNew === 0 ? `, ${Math.round(share * 100)} %` : '';
    return `${name.padEnd(widest)}  ${bar}  ${onNew} of ${routes}${inPart}`;
  });
}

function routeLines(
  routes: readonly RouteOverview[],
  context: Pick<CliContext, 'width' | 'tableWidth' | 'style'>,
): string[] {
  const columns = [
    ...['ROUTE', 'SERVING', 'LEGACY /S', 'ERRORS', 'P50/P99', 'NEW /S', 'ERRORS', 'P50/P99'],
    ...['DIVERGENT', 'PROVEN'],
  ].map((title, i) => ({ title, shrinks: i < 2 }));
  const rows = routes.map(({ route, serving, traffic, asked, compared, divergences, evidence }) => [
    ...[route, serving, ...side(traffic.legacy), ...side(traffic.new ?? asked)],
    ...[compared > 0 ? `${divergences}/${compared}` : '–', evidence === null ? 'yes' : 'no'],
  ]);
  return tableLines(columns, rows, context.tableWidth, (text, column, row) => {
    if (row === 'title') return context.style('bold', text);
    const route = routes[row];
    if (column === 1 && text.startsWith('new')) return context.style('green', text);
    if (!route) return text;
    const isBad =
      (column === 3 && (route.traffic.legacy?.errors ?? 0) > 0) ||
      (column === 6 && ((route.traffic.new ?? route.asked)?.errors ?? 0) > 0) ||
      (column === 8 && route.divergences > 0);
    if (isBad) return context.style('red', text);
    // Nobody had these answers: new was asked beside legacy.
    return column > 4 && column < 8 && !route.traffic.new ? context.style('dim', text) : text;
  });
}

function side(lately: Lately | null | undefined): string[] {
  if (!lately) return ['–', '–', '–'];
  const { rate, errors, p50 = 0, p99 = 0 } = lately;
  return [rate.toFixed(1), `${(errors * 100).toFixed(1)} %`, `${Math.round(p50)}/${Math.round(p99)} ms`];
}

/** A client has named it: nothing of it may steer the terminal. */
const printable = (name: string) => name.replace(/\p{Cc}/gu, '·');

function jobLine({ filename, isProcessing, age, attempt, pagesDone, pagesTotal }: WaitingJob): string {
  const pages = pagesTotal === null ? '' : `, page ${pagesDone} of ${pagesTotal}`;
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  return `  ${printable(filename)}: ${isProcessing ? `worked on${pages}` : 'waits'}, taken ${Math.round(age)} s ago${again}`;
}

/** As the flag file has them. */
function guardsLine({ errors, divergences, latency, window, sample }: Guards): string {
  const most = !latency ? 'off' : 'times' in latency ? `${latency.times}x` : `${latency.milliseconds}ms`;
  return `errors ${errors * 100}%, divergences ${divergences}, latency ${most}, window ${window / 1000}s, sample ${sample}`;
}

/** One line of a kind whose first sync has not ended. */
export const syncLine = ({ kind, known, total, phase, left }: KindProgress): string =>
  `First sync of ${kind}: ${known} of ${total ?? 'unknown'}, ${phase}${left.count > 0 ? `, ${left.count} left` : ''}; legacy serves the rest`;
function legacyState(state: LegacyState, style: CliContext['style']): string {
  const line = printable(legacyLine(state));
  return state.blocked === null ? line : style('red', line);
}

function stateLines(
  { journal, sync, work, jobs, guards }: Overview,
  { style }: Pick<CliContext, 'style'>,
): string[] {
  const stuck = journal?.pinned.length ?? 0;
  return [
    journal
      ? `Lag: legacy ${journal.lag.legacy}, new ${journal.lag.new}, oldest ${Math.round(journal.oldest)} s; in doubt ${journal.doubt}; ${stuck > 0 ? style('red', `stuck ${stuck}`) : 'stuck 0'}`
      : 'No journal: CONTINUITY is off.',
    ...(journal?.legacy ? [legacyState(journal.legacy, style)] : []),
    ...sync.filter(({ phase }) => phase !== 'ended').map(syncLine),
    ...(work
      ? [
          `Uploads: ${work.queued} queued, ${work.processing} worked on, oldest ${Math.round(work.oldest)} s`,
          ...jobs.slice(0, 5).map(jobLine),
        ]
      : []),
    guards ? `Guards: ${guardsLine(guards)}` : 'Guards: off',
  ];
}
