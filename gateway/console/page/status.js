/** Shows everything at a glance, as it changes. */
// @ts-check
import { showDivergences } from './divergences.js';
import { at, button, durationOf, element, modeOf, row, timeOf } from './dom.js';
import { openFlip } from './flip.js';

/** @typedef {import('../overview.ts').Overview} Overview */
/** @typedef {import('../overview.ts').RouteOverview} RouteOverview */

/** @param {Overview} seen */
function show(seen) {
  const moved = seen.routes.filter((route) => route.serving.startsWith('new')).length;
  at('application').textContent = seen.application;
  at('state').textContent =
    `${seen.ready ? 'ready' : 'not ready'} · epoch ${seen.epoch} · ${moved} of ${seen.routes.length} on new`;
  keepingFocus(() => {
    at('faults').replaceChildren(...problems(seen));
    at('phases').replaceChildren(...seen.phases.map(phase));
    at('tiles').replaceChildren(...tiles(seen));
    at('routes').replaceChildren(...seen.routes.map(route));
    at('journal').replaceChildren(...journal(seen));
    at('work').replaceChildren(work(seen));
    at('history').replaceChildren(...history(seen));
  });
  void showDivergences(seen);
}

/**
 * Whoever moves by keyboard stays where they are when what they are on is drawn anew.
 * @param {() => void} draw
 */
function keepingFocus(draw) {
  const label = document.activeElement?.getAttribute('aria-label');
  draw();
  if (!label || document.activeElement !== document.body) return;
  const same = [...document.querySelectorAll('main button')].find(
    (node) => node.getAttribute('aria-label') === label,
  );
  if (same instanceof HTMLElement) same.focus();
}

/** @param {Overview['phases'][number]} phase */
function phase({ name, routes, onNew }) {
  const bar = /** @type {HTMLProgressElement} */ (element('progress', `${onNew} of ${routes}`));
  bar.max = routes;
  bar.value = onNew;
  bar.setAttribute('aria-label', `${name}: ${onNew} of ${routes} routes on new`);
  return element(
    'div',
    [
      element('strong', name),
      bar,
      element('span', `${onNew} of ${routes}`, 'quiet'),
      element(
        'span',
        [
          button('Flip …', () => openFlip(name, 'new'), `Flip phase ${name}`),
          button('Roll back …', () => openFlip(name, 'legacy'), `Roll back phase ${name}`),
        ],
        'buttons',
      ),
    ],
    'phase',
  );
}

/** @param {Overview} seen */
function tiles({ routes, journal, work, guards }) {
  const all = routes.flatMap(({ traffic }) => Object.values(traffic));
  const rate = all.reduce((sum, one) => sum + one.rate, 0);
  const bad = all.reduce((sum, one) => sum + one.rate * one.errors, 0);
  /** @type {[string, string, boolean][]} */
  const facts = [
    ['Requests/s', rate.toFixed(1), false],
    ['Errors', share(rate && bad / rate), bad > 0],
    [
      'Divergences',
      String(routes.reduce((sum, one) => sum + one.divergences, 0)),
      routes.some((one) => one.divergences > 0),
    ],
    ['Lag', journal ? String(journal.lag.legacy + journal.lag.new) : '–', false],
    ['Stuck', journal ? String(journal.pinned.length) : '–', (journal?.pinned.length ?? 0) > 0],
    ['Uploads waiting', work ? String(work.queued + work.processing) : '–', false],
    ['Guards', guards ? 'on' : 'off', false],
  ];
  return facts.map(([name, value, bad]) =>
    element('div', [element('dt', name), element('dd', value, bad ? 'bad' : '')]),
  );
}

const columns = [
  'Route',
  'Serving',
  'Requests/s',
  'Errors',
  'legacy p50 / p99',
  'new p50 / p99',
  'Divergences',
  'Evidence',
  '',
];

/** @param {RouteOverview} route */
function route({ route, mode, serving, since, by, traffic, compared, divergences, evidence }) {
  const all = Object.values(traffic);
  const rate = all.reduce((sum, one) => sum + one.rate, 0);
  const errors = all.reduce((sum, one) => sum + one.rate * one.errors, 0);
  const pill = modeOf(mode, serving);
  pill.title = `since ${since}, by ${by}`;
  const proof = element(
    'span',
    evidence === null ? 'proven' : 'lacking',
    evidence === null ? 'quiet' : 'bad',
  );
  if (evidence) proof.title = evidence;
  return row(
    columns,
    [
      element('code', route),
      pill,
      rate.toFixed(1),
      element('span', rate ? share(errors / rate) : '–', errors > 0 ? 'bad' : ''),
      both(traffic.legacy),
      both(traffic.new),
      element('span', compared ? `${divergences} of ${compared}` : '–', divergences > 0 ? 'bad' : ''),
      proof,
      button('Change …', () => openFlip(route, mode === 'legacy' ? 'new' : 'legacy'), `Change ${route}`),
    ],
    [2, 3, 4, 5, 6],
  );
}

/** @param {{ p50?: number | undefined, p99?: number | undefined } | undefined} lately */
const both = (lately) => (lately ? `${durationOf(lately.p50)} / ${durationOf(lately.p99)}` : '–');

/** @param {number} of */
const share = (of) => `${(of * 100).toFixed(of > 0 && of < 0.01 ? 2 : 1)} %`;

/** @param {Overview} seen */
function problems(seen) {
  const found = [];
  if (seen.faults.length > 0) {
    const list = seen.faults.map(({ line, column, message }) =>
      element('li', [element('code', `${line}:${column}`), ` ${message}`]),
    );
    const title = element('strong', 'The flag file has faults; what was in force before stays so.');
    const file = element('div', element('code', seen.flagFile), 'quiet');
    found.push(element('div', [title, file, element('ul', list)], 'fault'));
  }
  if (seen.unrecorded > 0)
    found.push(
      element(
        'div',
        `${seen.unrecorded} changes are in force and not in the audit log yet: look at the disk.`,
        'fault',
      ),
    );
  return found;
}

/** @param {Overview} seen */
function journal({ journal }) {
  if (!journal) return [element('p', 'There is none: CONTINUITY is not on.', 'quiet')];
  const { lag, oldest, entries, underWay, doubt, pinned } = journal;
  const waits = lag.legacy + lag.new > 0 ? `, the oldest for ${Math.round(oldest)} s` : '';
  const stuck = pinned.map(({ route, side, keys, reason }) =>
    element('li', [element('code', keys.join(', ') || route), ` stays with ${side}: ${reason}`]),
  );
  return [
    element(
      'p',
      `${lag.legacy} writes for legacy, ${lag.new} for new${waits}. ${entries} kept, ${underWay} under way, ${doubt} in doubt.`,
    ),
    stuck.length > 0 ? element('ul', stuck, 'caution') : element('p', 'Nothing is stuck.', 'quiet'),
  ];
}

/** @param {Overview} seen */
function work({ work }) {
  if (!work) return element('p', 'Not looked at: CONTINUITY is not on.', 'quiet');
  const waits = work.queued + work.processing > 0 ? `; the oldest for ${Math.round(work.oldest)} s` : '';
  return element('p', `${work.queued} queued, ${work.processing} worked on${waits}.`);
}

/** @param {Overview} seen */
function history({ history }) {
  const names = ['Time', 'Route', 'Change', 'Who', 'Why'];
  if (history.length === 0) return [row(names, ['None yet.', '', '', '', ''])];
  return history.map((entry) =>
    row(names, [
      timeOf(entry.time),
      element('code', entry.route),
      element('span', [modeOf(entry.from), ' → ', modeOf(entry.to)]),
      entry.who,
      entry.why,
    ]),
  );
}

at('rollback').addEventListener('click', () => openFlip(undefined, 'legacy'));

const events = new EventSource('/api/events');
events.addEventListener('overview', (event) => show(JSON.parse(event.data)));
events.addEventListener('error', () => {
  at('state').textContent = 'The gateway does not answer; what is shown is old.';
  // A session that has ended is not tried again by the browser.
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
});
