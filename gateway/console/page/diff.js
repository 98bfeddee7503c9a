/** The diff of everything that both backends hold: how far it is, what it found, side by side. */
// @ts-check
import { twoSides } from './answers.js';
import { at, button, element, focusAgain, row, timeOf } from './dom.js';

/** @typedef {import('../../continuity/diff/diffs.ts').DiffState} DiffState */
/** @typedef {import('../../continuity/diff/report.ts').DiffReport} DiffReport */
/** @typedef {import('../../continuity/diff/report.ts').KeyDifferences} KeyDifferences */
/** @typedef {import('../diff-routes.ts').ComparedKey} ComparedKey */

/** Milliseconds between two looks: at a diff that is running, and otherwise. */
const [often, seldom] = [500, 5000];
let timer = 0;
let shown = '';
let shownRunning = true;

/**
 * Begins to look once there is something to look at.
 * @param {boolean} isJournaled
 */
export function showDiff(isJournaled) {
  if (isJournaled && timer === 0) void follow();
  if (!isJournaled && timer === 0)
    at('diff-found').replaceChildren(element('p', 'There is none: CONTINUITY is not on.', 'quiet'));
}

/** Looks again and again, and draws anew only what has changed: what is open stays open. */
async function follow() {
  clearTimeout(timer);
  timer = -1;
  const answer = await fetch('/api/diff').catch(() => undefined);
  const state = answer?.ok ? /** @type {DiffState} */ (await answer.json()) : undefined;
  if (state) show(state);
  timer = window.setTimeout(follow, state?.running ? often : seldom);
}

/** @param {DiffState} state */
function show({ running, last, sampled, obstacle }) {
  const found = JSON.stringify([
    last?.started,
    last?.outcome,
    sampled.different.map(({ key }) => key),
    obstacle,
  ]);
  const label = document.activeElement?.getAttribute('aria-label');
  if (running || shownRunning)
    at('diff-progress').replaceChildren(...(running ? progress(running) : [begin()]));
  focusAgain(label);
  shownRunning = running !== null;
  if (found === shown) return;
  shown = found;
  at('diff-found').replaceChildren(
    ...(last ? report(last) : [element('p', 'None has ended since the start.', 'quiet')]),
    ...(sampled.different.length > 0
      ? [element('h3', 'Found by the sampled diff since'), ...sampled.different.map(keyOf)]
      : []),
    element(
      'p',
      obstacle ? `Routes with state cannot be completed. ${obstacle}` : 'It allows routes to be completed.',
      'quiet',
    ),
  );
}

const begin = () => button('Compare everything', () => void post('/api/diff'));

/** @param {NonNullable<DiffState['running']>} running */
function progress({ stage, done, total, different }) {
  const label =
    stage === 'listing' ? 'Reads the lists' : `${done} of ${total}${stage === 'settling' ? ' again' : ''}`;
  const bar = /** @type {HTMLProgressElement} */ (element('progress', label));
  if (stage !== 'listing') bar.value = total > 0 ? done / total : 1;
  bar.setAttribute('aria-label', 'The diff of both backends');
  const found = different > 0 ? element('span', `${different} different`, 'bad') : '';
  return [
    bar,
    ' ',
    element('span', label, 'quiet'),
    ' ',
    found,
    ' ',
    button('End it', () => void post('/api/diff/cancel')),
  ];
}

/** @param {string} path */
async function post(path) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  await fetch(path, init).catch(() => undefined);
  await follow();
}

/** @param {DiffReport} report */
function report({ started, outcome, reason, counts, different, legacyLacks, undecided }) {
  if (outcome === 'cancelled' || outcome === 'failed')
    return [
      element('p', [
        timeOf(started),
        outcome === 'failed' ? `: it failed: ${reason ?? ''}` : ': it was ended.',
      ]),
    ];
  const left = counts.disturbed + counts.unavailable;
  return [
    element('p', [
      timeOf(started),
      `: ${counts.compared} compared, ${counts.equal} equal, `,
      element('span', `${counts.different} different`, counts.different > 0 ? 'bad' : ''),
      `, ${left} not decided.`,
    ]),
    ...different.map(keyOf),
    ...(legacyLacks.length > 0
      ? [
          element(
            'p',
            `In ${counts.legacyLacks} of the equal ones legacy lacks what it forgets in a restart:`,
          ),
          ...legacyLacks.map(keyOf),
        ]
      : []),
    ...(undecided.length > 0
      ? [
          element(
            'ul',
            undecided.map(({ key, reason }) => element('li', [element('code', key), `: ${reason}`])),
          ),
        ]
      : []),
  ];
}

const names = ['Where', 'legacy', 'new'];

/** @param {KeyDifferences} found */
function keyOf({ key, differences, more }) {
  const sides = differences.map(({ route, place, left, right }) =>
    row(names, [element('code', `${route}: ${place}`), value(left), value(right)]),
  );
  const head = element(
    'tr',
    names.map((name) => element('th', name)),
  );
  const both = element('div', '');
  const node = element('details', [
    element('summary', [
      element('code', key),
      ` ${differences.length + more} difference${differences.length + more === 1 ? '' : 's'}`,
    ]),
    element('table', [element('thead', head), element('tbody', sides)], 'cards sides'),
    button('Compare now', async () => both.replaceChildren(...(await compared(key))), `Compare ${key} now`),
    both,
  ]);
  return node;
}

/** Times and ids that a backend makes up for each answer: the table names those that do differ. */
const invented = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** @param {string} key */
async function compared(key) {
  const answer = await fetch(`/api/diff/keys/${encodeURIComponent(key)}`).catch(() => undefined);
  const found = answer?.ok ? /** @type {ComparedKey} */ (await answer.json()) : undefined;
  if (!found) return [element('p', 'It cannot be compared by itself.', 'quiet')];
  if (found.reason !== null) return [element('p', `It cannot be compared now: ${found.reason}.`, 'quiet')];
  if (found.outcome === 'equal') return [element('p', 'Both backends show the same of it now.', 'quiet')];
  return found.answers.flatMap((both) => [
    element('h3', both.route),
    twoSides(both, found.differences, invented),
  ]);
}

/** @param {string} side */
const value = (side) => element('mark', side || 'nothing');
