/** Shows what is in force and the last changes, and keeps both up to date. */
// @ts-check

/** @typedef {import('../status.ts').Status} Status */
/** @typedef {import('../../flags/model.ts').AuditEntry} AuditEntry */

const EVERY = 2000;

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Text is only ever set as text: reasons and names were typed by somebody.
 * @param {string} tag
 * @param {string | Node | (string | Node)[]} content
 * @param {string} [className]
 */
function element(tag, content, className = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...(Array.isArray(content) ? content : [content]));
  return node;
}

/**
 * @param {string} mode
 * @param {string} [shown]
 */
const modeOf = (mode, shown = mode) => element('span', shown, `mode ${mode.split(':')[0]}`);

/** @param {string} iso */
function timeOf(iso) {
  const time = element(
    'time',
    new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' }),
  );
  time.setAttribute('datetime', iso);
  time.title = iso;
  return time;
}

/** @param {(string | Node)[]} cells */
const row = (cells) =>
  element(
    'tr',
    cells.map((cell) => element('td', cell)),
  );

/** @param {Status} status */
function showStatus(status) {
  at('application').textContent = status.application;
  const moved = status.routes.filter((route) => route.serving.startsWith('new')).length;
  at('state').textContent =
    `${status.ready ? 'ready' : 'not ready'} · epoch ${status.epoch} · ${moved} of ${status.routes.length} on new`;
  at('routes').replaceChildren(
    ...status.routes.map((route) =>
      row([
        element('code', route.route),
        modeOf(route.mode, route.serving),
        timeOf(route.since),
        route.by,
        route.phase ?? '',
      ]),
    ),
  );
  at('faults').replaceChildren(...problems(status));
}

/** @param {Status} status */
function problems(status) {
  const found = [];
  if (status.faults.length > 0) {
    const list = status.faults.map(({ line, column, message }) =>
      element('li', [element('code', `${line}:${column}`), ` ${message}`]),
    );
    const title = element('strong', 'The flag file has faults; what was in force before stays so.');
    const file = element('div', element('code', status.flagFile), 'quiet');
    found.push(element('div', [title, file, element('ul', list)], 'fault'));
  }
  if (status.unrecorded > 0)
    found.push(
      element(
        'div',
        `${status.unrecorded} changes are in force and not in the audit log yet: look at the disk.`,
        'fault',
      ),
    );
  return found;
}

/** @param {AuditEntry[]} entries */
function showHistory(entries) {
  const rows = entries.map((entry) =>
    row([
      timeOf(entry.time),
      element('code', entry.route),
      element('span', [modeOf(entry.from), ' → ', modeOf(entry.to)]),
      entry.who,
      entry.why,
    ]),
  );
  at('history').replaceChildren(...(rows.length > 0 ? rows : [row(['None yet.', '', '', '', ''])]));
}

/** @param {string} path */
async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) });
  if (response.status === 401) location.assign('/');
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function refresh() {
  try {
    const [status, history] = await Promise.all([ask('/api/status'), ask('/api/history?limit=20')]);
    showStatus(status);
    showHistory(history.entries);
  } catch {
    at('state').textContent = 'The gateway does not answer; what is shown is old.';
  }
  setTimeout(refresh, EVERY);
}

void refresh();
