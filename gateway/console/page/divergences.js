/** What the backends did not answer alike, each opening to both answers: reads that were asked of both, and replayed writes. */
// @ts-check
import { twoAnswers } from './answers.js';
import { at, element, row, timeOf } from './dom.js';

/** @typedef {import('../overview.ts').Overview} Overview */
/** @typedef {import('../../continuity/operator.ts').DivergentWrite} DivergentWrite */
/** @typedef {import('../../continuity/shadow/tally.ts').Divergence} Divergence */
/** @typedef {{ reads: Divergence[], writes: DivergentWrite[] }} Divergences */
/** @typedef {Divergence & { what: string, times: number }} Shown */

let shown = '';

/**
 * Asked for and drawn anew only where there are others; what is open stays open.
 * @param {Overview} seen
 */
export async function showDivergences({ routes, journal }) {
  const now = JSON.stringify([routes.map(({ divergences }) => divergences), journal?.divergent]);
  if (now === shown) return;
  shown = now;
  const answer = await fetch('/api/divergences').catch(() => undefined);
  const found = answer?.ok ? /** @type {Divergences} */ (await answer.json()) : undefined;
  if (now !== shown) return;
  // Asked again at the next look.
  if (!found) shown = '';
  else draw(alike(found));
}

/** @param {Divergences} found */
function alike({ reads, writes }) {
  const all = [
    ...writes.map((write) => ({ ...write, what: `write ${write.id}`, times: 1 })),
    ...reads.map((read) => ({ ...read, what: 'read', times: 1 })),
  ].sort((a, b) => (a.time < b.time ? 1 : -1));
  /** @type {Map<string, Shown>} the newest of each kind of read; a write is one of its own */
  const kinds = new Map();
  for (const one of all) {
    const kind = kindOf(one);
    const newest = kinds.get(kind);
    if (newest) newest.times += 1;
    else kinds.set(kind, one);
  }
  return kinds;
}

/** @param {Shown} one */
const kindOf = ({ what, route, differences }) =>
  JSON.stringify([what, route, differences.map(({ place, kind }) => [place, kind])]);

/** @param {Map<string, Shown>} kinds */
function draw(kinds) {
  const before = new Map(
    [...document.querySelectorAll('#divergences details')].map((node) => [
      /** @type {HTMLElement} */ (node).dataset.kind,
      /** @type {HTMLDetailsElement} */ (node),
    ]),
  );
  const all = [...kinds].map(([kind, one]) => {
    const old = before.get(kind);
    if (!old?.open) return divergence(kind, one);
    old.querySelector('summary')?.replaceChildren(...titleOf(one));
    return old;
  });
  at('divergences').replaceChildren(...(all.length > 0 ? all : [element('p', 'None.', 'quiet')]));
}

const names = ['Where', 'legacy', 'new'];

/** @param {Shown} one */
function titleOf({ time, route, what, differences, times }) {
  return [
    timeOf(time),
    ' ',
    element('code', route),
    ` ${differences.length} difference${differences.length === 1 ? '' : 's'} `,
    element('span', times > 1 ? `${what}, ${times} times` : what, 'quiet'),
  ];
}

/**
 * @param {string} kind
 * @param {Shown} one
 */
function divergence(kind, one) {
  const sides = one.differences.map((each) =>
    row(names, [element('code', each.place), value(each.left), value(each.right)]),
  );
  const head = element(
    'tr',
    names.map((name) => element('th', name)),
  );
  const whole = element('div', 'Looking for both answers …', 'quiet');
  const node = /** @type {HTMLDetailsElement} */ (
    element('details', [
      element('summary', titleOf(one)),
      element('table', [element('thead', head), element('tbody', sides)], 'cards sides'),
      whole,
    ])
  );
  node.dataset.kind = kind;
  node.addEventListener(
    'toggle',
    async () => {
      const answers = await twoAnswers(one);
      whole.replaceWith(answers);
      for (const mark of answers.querySelectorAll('mark:first-of-type')) bringIntoView(mark);
    },
    { once: true },
  );
  return node;
}

/** In its own text alone: the page stays where it is. @param {Element} mark */
function bringIntoView(mark) {
  const text = mark.closest('pre');
  if (text) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - 40;
}

/** @param {string} side */
const value = (side) => element('mark', side || 'nothing');
