/** Small pieces of pages. Text is only ever set as text: reasons and names were typed by somebody. */
// @ts-check

/** @param {string} id */
export const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

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

/**
 * Whoever moves by keyboard goes on from the button that was drawn anew in the place of theirs.
 * @param {string | null | undefined} label
 */
export function focusAgain(label) {
  // A dialog that has closed keeps the focus until the page is painted.
  const isLost =
    document.activeElement === document.body || document.activeElement?.closest('dialog:not([open])');
  if (!label || !isLost) return;
  const same = [...document.querySelectorAll('main button')].find(
    (node) => node.getAttribute('aria-label') === label,
  );
  if (same instanceof HTMLElement) same.focus();
}

/** @param {number | undefined} milliseconds */
export function durationOf(milliseconds) {
  if (milliseconds === undefined) return '–';
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** @param {number} bytes */
export const sizeOf = (bytes) => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
