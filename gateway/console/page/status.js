/** Shows everything at a glance, as it changes. */
// @ts-check
import { showDiff } from './diff.js';
import { showDivergences } from './divergences.js';
import { at, button, durationOf, element, focusAgain, modeOf, row, sizeOf, timeOf } from './dom.js';
import { openFlip } from './flip.js';

/** @typedef {import('../overview.ts').Overview} Overview */
/** @typedef {import('../overview.ts').RouteOverview} RouteOverview */

/** @param {Overview} seen */
function show(seen) {
  at('application').textContent = seen.application;
  at('state').textContent = `${seen.ready ? 'ready' : 'not ready'} · epoch ${seen.epoch}`;
  keepingFocus(() => {
    at('faults').replaceChildren(...problems(seen));
    at('alarms').replaceChildren(...seen.alarms.map(alarm));
    at('whole').replaceChildren(whole(seen));
    at('phases').replaceChildren(...seen.phases.map(phase));
    at('tiles').replaceChildren(...tiles(seen));
    at('routes').replaceChildren(...seen.routes.map(route));
    at('not-compared').replaceChildren(...notCompared(seen));
    at('journal').replaceChildren(...journal(seen));
    at('work').replaceChildren(...work(seen));
    at('history').replaceChildren(...history(seen));
  });
  void showDivergences(seen);
  showDiff(seen.journal !== null);
}

/**
 * Whoever moves by keyboard stays where they are when what they are on is drawn anew.
 * @param {() => void} draw
 */
function keepingFocus(draw) {
  const label = document.activeElement?.getAttribute('aria-label');
  draw();
  focusAgain(label);
}

/**
 * A bar of all phases, one after the other, each as wide as it has routes.
 * @param {Overview} seen
 */
function whole({ routes, phases, onNew: moved }) {
  const bars = phases.map(({ name, routes, onNew, share }) => {
    const bar = barOf(share, `${name}: ${onNew} of ${routes} routes on the new backend`);
    bar.style.flexGrow = String(routes);
    bar.title = `${name}: ${onNew} of ${routes}`;
    return bar;
  });
  const label = `${moved} of ${routes.length} routes on the new backend`;
  const bar = element('div', bars, 'bar');
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', `The whole migration: ${label}`);
  return element('div', [bar, element('span', label, 'quiet')], 'whole');
}

/**
 * @param {number} share from 0 to 1
 * @param {string} label
 */
function barOf(share, label) {
  const bar = /** @type {HTMLProgressElement} */ (element('progress', label));
  bar.value = share;
  bar.setAttribute('aria-label', label);
  return bar;
}

/** @param {Overview['phases'][number]} phase */
function phase({ name, routes, onNew, share }) {
  const inPart = share > 0 && onNew === 0 ? `, ${Math.round(share * 100)} % of its traffic` : '';
  return element(
    'div',
    [
      element('strong', name),
      barOf(share, `${name}: ${onNew} of ${routes} routes on the new backend${inPart}`),
      element('span', `${onNew} of ${routes}${inPart && `, ${Math.round(share * 100)} %`}`, 'quiet'),
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
  ];
  return [
    ...facts.map(([name, value, bad]) =>
      element('div', [element('dt', name), element('dd', value, bad ? 'bad' : '')]),
    ),
    guard(guards),
  ];
}

/** @param {Overview['guards']} guards */
function guard(guards) {
  const borne = guards
    ? [
        `errors up to ${share(guards.errors)}`,
        `${guards.divergences} divergences`,
        ...(guards.latency ? [`p95 ${latency(guards.latency)}`] : []),
        `in ${durationOf(guards.window)}, of ${guards.sample} or more`,
      ]
    : ['nothing is rolled back by itself'];
  return element(
    'div',
    [
      element('dt', 'Guards'),
      element('dd', [guards ? 'on' : 'off', element('div', borne.join(' · '), 'quiet small')]),
    ],
    'wide',
  );
}

/** @param {NonNullable<NonNullable<Overview['guards']>['latency']>} latency */
const latency = (latency) =>
  'times' in latency ? `${latency.times} × legacy's` : durationOf(latency.milliseconds);

const columns = [
  ...['Route', 'Serving', 'legacy per s', 'legacy errors', 'legacy p50 / p99'],
  ...['new per s', 'new errors', 'new p50 / p99', 'Divergent', 'Evidence', ''],
];

/** @param {RouteOverview} route */
function route({ route, mode, serving, since, by, traffic, asked, compared, divergences, evidence, alarm }) {
  const pill = modeOf(mode, serving);
  pill.title = `since ${since}, by ${by}`;
  const against = alarm ?? evidence;
  const word = alarm ? 'alarm' : evidence ? 'lacking' : 'proven';
  const proof = element('span', word, against ? 'bad' : 'quiet');
  if (against) proof.title = against;
  return row(
    columns,
    [
      element('code', route),
      pill,
      ...side(traffic.legacy),
      ...(traffic.new || !asked ? side(traffic.new) : side(asked, 'asked')),
      element('span', compared ? `${divergences} of ${compared}` : '–', divergences > 0 ? 'bad' : ''),
      proof,
      button('Change …', () => openFlip(route, mode === 'legacy' ? 'new' : 'legacy'), `Change ${route}`),
    ],
    [2, 3, 4, 5, 6, 7, 8],
  );
}

/** Answers that were not compared, route by route, with the reasons. @param {Overview} seen */
function notCompared({ routes }) {
  const rows = routes.filter(({ notCompared }) => notCompared.length > 0);
  if (rows.length === 0) return [];
  const list = rows.map(({ route, compared, notCompared }) => {
    const left = notCompared.reduce((sum, { count }) => sum + count, 0);
    const reasons = notCompared.map(({ count, why }) => element('li', `${count}, because ${why}`));
    return element('li', [
      element('code', route),
      ` ${left} of ${compared + left} not compared:`,
      element('ul', reasons),
    ]);
  });
  return [element('ul', list, 'quiet')];
}

/**
 * @param {import('../../metrics/traffic.ts').Lately | undefined} lately
 * @param {string} [className]
 */
function side(lately, className = '') {
  if (!lately) return ['–', '–', '–'];
  const { rate, errors, p50, p99 } = lately;
  return [
    element('span', rate.toFixed(1), className),
    element('span', share(errors), errors > 0 ? `${className} bad` : className),
    element('span', `${durationOf(p50)} / ${durationOf(p99)}`, className),
  ];
}

/** @param {number} of */
const share = (of) => `${(of * 100).toFixed(of > 0 && of < 0.01 ? 2 : 1)} %`;

/** @param {Overview} seen */
function problems(seen) {
  const found = [];
  if (seen.faults.length > 0) {
    const list = seen.faults.map(({ line, column, message }) =>
      element('li', [element('code', `${line}:${column}`), ` ${message}`]),
    );
    const title = element(
      'strong',
      'The flag file has faults; the flags that were in force before stay in force.',
    );
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
  return [
    ...found,
    ...seen.blockedGuards.map(blockedGuard),
    ...seen.actedGuards.map(actedGuard),
    ...unwritten(seen),
  ];
}

/** @param {Overview['blockedGuards'][number]} guard */
const blockedGuard = ({ route, breach, reason, since }) =>
  element(
    'div',
    [
      element('strong', ['The guard of ', element('code', route), ' cannot act']),
      element('div', reason),
      element('div', ['Since ', timeOf(since), `: ${breach}`], 'quiet'),
    ],
    'fault',
  );

/** @param {Overview['actedGuards'][number]} guard */
const actedGuard = ({ route, since, why }) =>
  element(
    'div',
    [
      element('strong', ['The guard of ', element('code', route), ' has rolled it back']),
      element('div', [timeOf(since), why ? `: ${why}` : ''], 'quiet'),
    ],
    'fault',
  );

/** @param {Overview} seen */
function unwritten({ unwritten, flagFile }) {
  if (!unwritten) return [];
  const routes = unwritten.routes.map(({ route, mode, said, by, since }) =>
    element('li', [
      element('code', route),
      ` is ${mode}, the file says ${said} (${by}, `,
      timeOf(since),
      ')',
    ]),
  );
  const edits = unwritten.edits.map(({ line, was, becomes }) =>
    element('li', [
      was === undefined ? `before line ${line}: ` : `line ${line}: `,
      element('code', becomes.trim()),
      ...(was === undefined ? [] : [' in place of ', element('code', was.trim())]),
    ]),
  );
  return [
    element(
      'div',
      [
        element('strong', 'The flag file could not be written, and is not what is in force.'),
        element('div', [element('code', flagFile), `: ${unwritten.routes.at(-1)?.reason ?? ''}`], 'quiet'),
        element('ul', routes),
        ...(edits.length > 0 ? [element('div', 'Change it there:'), element('ul', edits)] : []),
      ],
      'fault',
    ),
  ];
}

/** @param {Overview['alarms'][number]} alarm */
function alarm({ route, what, since, last, count, example, do: advice }) {
  const often = count === 1 ? ['seen once'] : [`seen ${count} times, the last `, timeOf(last)];
  const title = element('strong', ['Alarm on ', element('code', route)]);
  return element(
    'div',
    [
      title,
      element('div', what),
      element('div', ['Since ', timeOf(since), ', ', ...often, ': ', element('code', example)], 'quiet'),
      element('div', advice),
    ],
    'fault',
  );
}

/** As sentences call the two sides. */
const called = { legacy: 'legacy', new: 'the new backend' };

/** @param {Overview} seen */
function journal({ journal, sync }) {
  if (!journal) return [element('p', 'There is none: CONTINUITY is off.', 'quiet')];
  const { lag, oldest, entries, underWay, doubtful, waiting, pinned, conflicts } = journal;
  const waits = lag.legacy + lag.new > 0 ? `, the oldest for ${Math.round(oldest)} s` : '';
  const stuck = pinned.map(({ id, route, side, keys, reason, behind }) =>
    element('li', [
      element('code', keys.join(', ') || route),
      ` stays with ${called[side]}: ${reason}${behind > 0 ? ` (${behind} behind it)` : ''} `,
      button('Try again', () => void retry(id), `Try again ${route} ${id}`),
    ]),
  );
  return [
    ...sync.filter(({ phase }) => phase !== 'ended').map(syncing),
    element(
      'p',
      `${lag.legacy} writes for legacy, ${lag.new} for the new backend${waits}. ${entries} kept (bodies ${sizeOf(journal.bodies.bytes)} of ${sizeOf(journal.bodies.most)}), ${underWay} under way, ${journal.doubt} in doubt.`,
    ),
    ...(journal.legacy ? [legacy(journal.legacy)] : []),
    ...(doubtful.length > 0 ? [element('ul', doubtful.map(doubt), 'caution')] : []),
    ...(waiting.length > 0 ? [element('ul', waiting.map(wait))] : []),
    ...(conflicts.length > 0 ? [element('ul', conflicts.map(conflict), 'caution')] : []),
    stuck.length > 0 ? element('ul', stuck, 'caution') : element('p', 'Nothing is stuck.', 'quiet'),
  ];
}

/** @param {Overview['sync'][number]} kind */
function syncing({ kind, known, total, phase, left, reason }) {
  const bar = document.createElement('progress');
  bar.max = total ?? 1;
  bar.value = total === undefined ? 0 : known;
  bar.setAttribute('aria-label', `First sync of ${kind}`);
  const why = left.first.map((entity) => element('li', [element('code', entity.key), ` ${entity.reason}`]));
  return element('div', [
    element('p', [
      `First sync of ${kind}: ${known} of ${total ?? 'unknown'}, ${phase}. Legacy serves the rest. `,
      bar,
    ]),
    ...(reason === undefined ? [] : [element('p', reason, 'caution')]),
    ...(why.length > 0 ? [element('ul', why, 'caution')] : []),
  ]);
}

/** @param {NonNullable<NonNullable<Overview['journal']>['legacy']>} state */
function legacy({ incarnation, since, lacking, isBeingCompared, blocked }) {
  const restarts = incarnation - 1;
  const seen =
    restarts === 0
      ? 'No restart of legacy was seen'
      : `Legacy was started again ${restarts} ${restarts === 1 ? 'time' : 'times'}, last ${new Date(since).toLocaleString()}`;
  const lacks = lacking.count === 0 ? 'it lacks nothing' : `it lacks something of ${lacking.count} keys`;
  const compared = isBeingCompared ? '; both backends are being compared' : '';
  const stopped =
    blocked === null
      ? ''
      : ` Nothing is written to it until a person decides (\`banyan legacy\`): ${blocked}.`;
  return element('p', `${seen}; ${lacks}${compared}.${stopped}`, blocked === null ? 'quiet' : 'caution');
}

/** @param {NonNullable<Overview['journal']>['conflicts'][number]} entry */
const conflict = ({ key, owner, reason, kept }) =>
  element('li', [
    element('code', key),
    kept === null
      ? ` was written to directly on legacy, and ${called[owner]} serves it: ${reason}. Decide: `
      : ` stays with ${called[owner]}, as a person has decided: ${kept}`,
    ...(kept === null
      ? [
          element('code', `banyan journal adopt ${key}`),
          ' or ',
          element('code', `banyan journal keep ${key}`),
        ]
      : []),
  ]);

/** @param {NonNullable<Overview['journal']>['doubtful'][number]} entry */
const doubt = ({ id, route, side, keys, age, reason }) =>
  element('li', [
    element('code', keys.join(', ') || route),
    ` in doubt: ${called[side]} may have it, since ${Math.round(age)} s`,
    ...(reason === undefined
      ? []
      : [
          `; it does not show whether it has: ${reason} `,
          button('Look again', () => void retry(id), `Look again ${route} ${id}`),
        ]),
  ]);

/** @param {NonNullable<Overview['journal']>['waiting'][number]} entry */
const wait = ({ route, keys, on, work, until, behind }) =>
  element('li', [
    element('code', keys.filter((key) => key !== work).join(', ') || route),
    ` waits until ${called[on]} shows ${work === null ? 'whether it has it' : `the end of ${work}`}, `,
    until === null
      ? `for as long as ${called[on]} says that it goes on`
      : `at most until ${new Date(until).toLocaleTimeString('en-GB')}`,
    behind > 0 ? ` (${behind} behind it)` : '',
  ]);

/**
 * The next look shows what came of it.
 * @param {string} id
 */
const retry = (id) =>
  fetch('/api/journal/retry', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id }),
  }).catch(() => undefined);

/** @param {Overview} seen */
function work({ work, jobs }) {
  if (!work) return [element('p', 'Not looked at: CONTINUITY is off.', 'quiet')];
  const waits = work.queued + work.processing > 0 ? `; the oldest for ${Math.round(work.oldest)} s` : '';
  return [
    element('p', `${work.queued} queued, ${work.processing} worked on${waits}.`),
    ...(jobs.length > 0 ? [element('ul', jobs.map(job))] : []),
  ];
}

/** @param {Overview['jobs'][number]} job */
function job({ id, filename, isProcessing, age, attempt, pagesDone, pagesTotal }) {
  const pages = pagesTotal === null ? '' : `, page ${pagesDone} of ${pagesTotal}`;
  const how = isProcessing ? `is worked on${pages}, taken` : 'waits, taken';
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  const item = element('li', [element('code', filename), ` ${how} ${durationOf(age * 1000)} ago${again}`]);
  item.title = `job ${id}`;
  return item;
}

/** @param {Overview} seen */
function history({ history }) {
  const names = ['Time', 'Route', 'Change', 'Who', 'Why'];
  if (history.length === 0) return [row(names, ['None yet.', '', '', '', ''])];
  return history.map((entry) =>
    row(names, [
      timeOf(entry.time),
      element('code', entry.route),
      entry.skipped !== undefined
        ? `write ${entry.decided ?? 'skipped'}`
        : entry.lifted !== undefined
          ? 'alarm lifted'
          : element('span', [modeOf(entry.from), ' → ', modeOf(entry.to)]),
      entry.who,
      element('span', [
        entry.why,
        ...(entry.lacking ? [element('div', `without evidence: ${entry.lacking}`, 'quiet small')] : []),
        ...(entry.alarm ? [element('div', `in spite of an alarm: ${entry.alarm}`, 'quiet small')] : []),
      ]),
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
