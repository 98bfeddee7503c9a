/** `--dry-run` of a flip and of a rollback: the preview of the running gateway, or what can be told while none runs. */
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import type { Finding, Weight } from '../preview/finding.ts';
import { type Preview, previewOf } from '../preview/preview.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './failure.ts';
import { fileGround } from './file-ground.ts';
import { findGateway } from './gateway-client.ts';
import { tableLines, wrap } from './table.ts';

export interface DryRun {
  target: string | undefined;
  mode: string;
  now?: boolean;
  force?: boolean;
  yes?: boolean;
  json: boolean;
}

/** Prints what would happen, changes nothing, and exits as the command would. */
export async function dryRun(context: CliContext, { json, ...asked }: DryRun): Promise<void> {
  const preview = await ask(context, asked);
  if (json) context.print(JSON.stringify(preview, null, 2));
  else for (const line of previewLines(preview, context)) context.print(line);
  const { isRefused, left, without } = preview;
  if (isRefused) context.exitCode = exitCodes.failed;
  else if (left.length > 0 || without > 0) context.exitCode = exitCodes.incomplete;
}

async function ask(
  context: CliContext,
  { target, mode, now = false, force = false, yes = false }: Omit<DryRun, 'json'>,
): Promise<Preview> {
  if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
  const gateway = await findGateway(context.settings);
  if (!gateway) return previewOf({ target, mode, now, force, yes }, await fileGround(context, mode));
  const query = new URLSearchParams({
    ...(target !== undefined && { target }),
    ...{ mode, now: String(now), force: String(force), yes: String(yes) },
  });
  return gateway.get<Preview>(`/preview?${query}`);
}

const marks: Record<Weight, { mark: string; style: 'green' | 'dim' | 'yellow' | 'red' }> = {
  well: { mark: 'ok', style: 'green' },
  note: { mark: 'note', style: 'dim' },
  caution: { mark: 'caution', style: 'yellow' },
  refusal: { mark: 'REFUSED', style: 'red' },
  unknown: { mark: 'unknown', style: 'yellow' },
};

type Look = Pick<CliContext, 'width' | 'tableWidth' | 'style'>;

/** The routes that would change, a paragraph for each finding, and what it comes to. */
export function previewLines(preview: Preview, context: Look): string[] {
  const { changes, findings } = preview;
  const rows = changes.map(({ route, from, to }) => [route, `${from} → ${to}`]);
  const table = tableLines([{ title: '' }, { title: '' }], rows, context.tableWidth, (text) => text).slice(1);
  const widest = Math.max(0, ...findings.map(({ about }) => about.length));
  return [
    ...(changes.length > 0 ? table : ['No route would change.']),
    '',
    ...findings.flatMap((one) => findingLines(one, widest, context)),
    ...(findings.length > 0 ? [''] : []),
    ...outcome(preview, context),
  ];
}

function findingLines({ about, weight, says, items = [] }: Finding, widest: number, context: Look): string[] {
  const { mark, style } = marks[weight];
  const indent = ' '.repeat(widest + 11);
  const head = `${about.padEnd(widest)}  ${context.style(style, mark.padEnd(7))}  `;
  const [first = '', ...more] = wrap(says, context.width - indent.length);
  const below = items.flatMap(({ name, says: lines }) => [
    ...wrap(name, context.width - 4).map((line) => `    ${line}`),
    ...lines.flatMap((line) => wrap(line, context.width - 6)).map((line) => `      ${line}`),
  ]);
  return [head + first, ...more.map((line) => indent + line), ...below];
}

function outcome(
  { question, changes, left, isRefused, isRunning, without }: Preview,
  context: Look,
): string[] {
  const say = (style: 'red' | 'yellow' | 'green', text: string) =>
    wrap(text, context.width).map((line) => context.style(style, line));
  const nothing = 'Dry run: nothing has changed.';
  if (isRefused) return say('red', `${nothing} The flip would be refused.`);
  const what = question.mode === 'legacy' ? 'rollback' : 'flip';
  if (changes.length === 0 && left.length === 0) return say('green', `${nothing} There is nothing to do.`);
  const rest = [
    left.length > 0 ? `would leave ${left.length === 1 ? 'a route' : `${left.length} routes`} behind` : '',
    without > 0 ? `would leave ${without === 1 ? 'a write' : `${without} writes`} that legacy lacks` : '',
  ].filter(Boolean);
  if (rest.length > 0) return say('yellow', `${nothing} The ${what} ${rest.join(', and ')}.`);
  const when = isRunning ? 'would be in force at once' : 'would be in force at the next start';
  return say('green', `${nothing} The ${what} ${when}.`);
}
