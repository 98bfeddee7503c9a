/** `banyan status --watch`: what the console's page shows, in a terminal, until Ctrl-C. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Overview, RouteOverview } from '../console/overview.ts';
import type { Lately } from '../metrics/traffic.ts';
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

export function overviewLines(seen: Overview, context: Pick<CliContext, 'width' | 'style'>): string[] {
  const { application, ready, epoch, faults, flagFile } = seen;
  const bad =
    faults.length > 0
      ? [context.style('red', `${faults.length} faults in ${flagFile}; banyan status shows them.`)]
      : [];
  return [
    `${application}: ${ready ? 'ready' : context.style('red', 'not ready')}, epoch ${epoch}`,
    ...bad,
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
  return phases.map(({ name, routes, onNew }) => {
    const filled = Math.round((onNew / Math.max(1, routes)) * barWidth);
    const bar = style('green', '█'.repeat(filled)) + style('dim', '░'.repeat(barWidth - filled));
    return `${name.padEnd(widest)}  ${bar}  ${onNew} of ${routes}`;
  });
}

function routeLines(
  routes: readonly RouteOverview[],
  context: Pick<CliContext, 'width' | 'style'>,
): string[] {
  const columns = [
    'ROUTE',
    'SERVING',
    'REQ/S',
    'ERRORS',
    'LEGACY P50/P99',
    'NEW P50/P99',
    'DIVERGENT',
    'PROVEN',
  ].map((title, i) => ({ title, shrinks: i === 0 }));
  const rows = routes.map(({ route, serving, traffic, compared, divergences, evidence }) => {
    const both = Object.values(traffic);
    const rate = both.reduce((sum, one) => sum + one.rate, 0);
    const errors = both.reduce((sum, one) => sum + one.rate * one.errors, 0);
    return [
      ...[route, serving, rate.toFixed(1), rate > 0 ? `${((errors / rate) * 100).toFixed(1)} %` : '–'],
      ...[durations(traffic.legacy), durations(traffic.new)],
      ...[compared > 0 ? `${divergences}/${compared}` : '–', evidence === null ? 'yes' : 'no'],
    ];
  });
  return tableLines(columns, rows, context.width, (text, column, row) => {
    if (row === 'title') return context.style('bold', text);
    const route = routes[row];
    if (column === 1 && text.startsWith('new')) return context.style('green', text);
    const isBad =
      (column === 3 && Object.values(route?.traffic ?? {}).some(({ errors }) => errors > 0)) ||
      (column === 6 && (route?.divergences ?? 0) > 0);
    return isBad ? context.style('red', text) : text;
  });
}

const durations = (lately: Lately | undefined) =>
  lately ? `${Math.round(lately.p50 ?? 0)}/${Math.round(lately.p99 ?? 0)} ms` : '–';

function stateLines({ journal, work, guards }: Overview, { style }: Pick<CliContext, 'style'>): string[] {
  const stuck = journal?.pinned.length ?? 0;
  return [
    journal
      ? `Lag: legacy ${journal.lag.legacy}, new ${journal.lag.new}, oldest ${Math.round(journal.oldest)} s; in doubt ${journal.doubt}; ${stuck > 0 ? style('red', `stuck ${stuck}`) : 'stuck 0'}`
      : 'No journal: CONTINUITY is not on.',
    ...(work
      ? [`Uploads: ${work.queued} queued, ${work.processing} worked on, oldest ${Math.round(work.oldest)} s`]
      : []),
    `Guards: ${guards ? 'on' : 'off'}`,
  ];
}
