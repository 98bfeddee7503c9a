/** Small pieces of pages. Text is only ever set as text: reasons and names were typed by somebody. */
// @ts-check

/** @param {string} id */
export const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Whoever moves by keyboard goes on where they were, if what they were on was drawn anew.
 * @param {string} label
 */
export function focusOn(label) {
  if (document.activeElement !== document.body) return;
  const same = [...document.querySelectorAll('main button')].find(
    (node) => node.getAttribute('aria-label') === label,
  );
  if (same instanceof HTMLElement) same.focus();
}

/**
 * @param {string} tag
 * @param {string | Node | (string | Node)[]} content
 * @param {string} [className]
 */
export function element(tag, content, className = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...(Array.isArray(content) ? content : [content]));
  return node;
}

/**
 * @param {string} mode
 * @param {string} [shown]
 */
export const modeOf = (mode, shown = mode) => element('span', shown, `mode ${mode.split(':')[0]}`);

/** @param {string} iso */
export function timeOf(iso) {
  const time = element(
    'time',
    new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' }),
  );
  time.setAttribute('datetime', iso);
  time.title = iso;
  return time;
}

/**
 * A row whose cells carry their columns' names, for screens that are too narrow for a table.
 * @param {string[]} names
 * @param {(string | Node)[]} cells
 * @param {number[]} [numbers] columns of numbers
 */
export function row(names, cells, numbers = []) {
  return element(
    'tr',
    cells.map((cell, i) => {
      const node = element('td', cell, numbers.includes(i) ? 'number' : '');
      node.dataset.name = names[i] ?? '';
      if (node.textContent === '–') node.classList.add('none');
      return node;
    }),
  );
}

/**
 * @param {string} label
 * @param {() => void} onClick
 * @param {string} [described] for who cannot see what it stands beside
 */
export function button(label, onClick, described = label) {
  const node = /** @type {HTMLButtonElement} */ (element('button', label));
  node.type = 'button';
  node.setAttribute('aria-label', described);
  node.addEventListener('click', onClick);
  return node;
}

/** @param {number | undefined} milliseconds */
export function durationOf(milliseconds) {
  if (milliseconds === undefined) return '–';
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** @param {number} bytes */
export const sizeOf = (bytes) => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
