/** What the backends did not answer alike, each opening to both answers: reads that were asked of both, and replayed writes. */
// @ts-check
import { at, element, row, timeOf } from './dom.js';

/** @typedef {import('../overview.ts').Overview} Overview */
/** @typedef {import('../../continuity/operator.ts').DivergentWrite} DivergentWrite */
/** @typedef {import('../../continuity/shadow/tally.ts').Divergence} Divergence */
/** @typedef {{ reads: Divergence[], writes: DivergentWrite[] }} Divergences */

let shown = '';

/**
 * Asked for and drawn anew only where there are others, so that what is open stays open.
 * @param {Overview} seen
 */
export async function showDivergences({ routes, journal }) {
  const now = JSON.stringify([routes.map(({ divergences }) => divergences), journal?.divergent]);
  if (now === shown) return;
  shown = now;
  const answer = await fetch('/api/divergences').catch(() => undefined);
  const found = answer?.ok ? /** @type {Divergences} */ (await answer.json()) : undefined;
  if (now !== shown) return;
  if (found) at('divergences').replaceChildren(...drawn(found));
  // Asked again at the next look.
  else shown = '';
}

/** @param {Divergences} found */
function drawn({ reads, writes }) {
  const all = [
    ...writes.map(({ id, ...rest }) => ({ ...rest, what: `write ${id}` })),
    ...reads.map((read) => ({ ...read, what: 'read' })),
  ].sort((a, b) => (a.time < b.time ? 1 : -1));
  return all.length > 0 ? all.map(divergence) : [element('p', 'None.', 'quiet')];
}

const names = ['Where', 'legacy', 'new'];

/** @param {Divergence & { what: string }} one */
function divergence({ time, route, what, differences }) {
  const title = element('summary', [
    timeOf(time),
    ' ',
    element('code', route),
    ` ${differences.length} difference${differences.length === 1 ? '' : 's'} `,
    element('span', what, 'quiet'),
  ]);
  const sides = differences.map((each) =>
    row(names, [element('code', each.place), value(each.left), value(each.right)]),
  );
  const head = element(
    'tr',
    names.map((name) => element('th', name)),
  );
  return element('details', [
    title,
    element('table', [element('thead', head), element('tbody', sides)], 'cards sides'),
  ]);
}

/** @param {string} side */
const value = (side) => element('mark', side || 'nothing');
