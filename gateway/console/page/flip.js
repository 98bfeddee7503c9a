/** The dialog that changes a route or a phase: it says first what will happen. */
// @ts-check
import { at, element } from './dom.js';

/** @typedef {import('../overview.ts').Preview} Preview */

const dialog = /** @type {HTMLDialogElement} */ (at('flip'));
const mode = /** @type {HTMLSelectElement} */ (at('flip-mode'));
const why = /** @type {HTMLInputElement} */ (at('flip-why'));
const force = /** @type {HTMLInputElement} */ (at('flip-force'));
const submit = /** @type {HTMLButtonElement} */ (at('flip-do'));
let target = '';
/** Of the preview that was asked last: an older answer must not show. */
let asked = 0;

/**
 * @param {string} name a route or a phase
 * @param {string} wanted
 */
export function openFlip(name, wanted) {
  target = name;
  at('flip-title').textContent = `Change ${name}`;
  mode.value = wanted;
  why.value = '';
  force.checked = false;
  say('');
  dialog.showModal();
  void preview();
}

async function preview() {
  const mine = ++asked;
  submit.disabled = true;
  at('flip-preview').replaceChildren('Looking at what will happen …');
  const query = new URLSearchParams({ target, mode: mode.value });
  const answer = await fetch(`/api/preview?${query}`).catch(() => undefined);
  const found = answer?.ok ? /** @type {Preview} */ (await answer.json()) : undefined;
  if (mine !== asked) return;
  if (!found) return at('flip-preview').replaceChildren('The gateway does not say what will happen.');
  const lacking = found.routes.filter(({ evidence }) => evidence !== null);
  at('flip-force-row').hidden = lacking.length === 0;
  submit.disabled = found.routes.length === 0;
  at('flip-preview').replaceChildren(...sentences(found, lacking.length));
}

/**
 * @param {Preview} found
 * @param {number} lacking
 */
function sentences({ routes, lag, stuck }, lacking) {
  if (routes.length === 0) return [element('p', 'Nothing changes: it is so already.')];
  const list = routes.map(({ route, from, to, evidence }) =>
    element('li', [
      element('code', route),
      ` ${from} → ${to}`,
      ...(evidence ? [element('div', evidence, 'quiet')] : []),
    ]),
  );
  const more = [
    lacking > 0 ? `${lacking} of them lack evidence: the flip is refused unless you force it.` : '',
    lag > 0
      ? `${lag} writes have still to be given to the backend that is to serve; the flip waits for them.`
      : '',
    stuck.length > 0
      ? `${stuck.length} writes cannot be replayed; what they touch stays with the backend that has it.`
      : '',
  ].filter(Boolean);
  return [
    element(
      'p',
      `${routes.length === 1 ? 'One route changes' : `${routes.length} routes change`}, in force at once:`,
    ),
    element('ul', list),
    ...more.map((text) => element('p', text, 'caution')),
  ];
}

/** @param {string} fault */
function say(fault) {
  at('flip-fault').textContent = fault;
  at('flip-fault').hidden = fault === '';
}

async function flip() {
  submit.disabled = true;
  say('');
  const reason = why.value.trim();
  if (force.checked && !reason) {
    submit.disabled = false;
    why.focus();
    return say('What is forced needs a reason.');
  }
  const answer = await fetch('/api/flip', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ target, mode: mode.value, force: force.checked },
      ...(reason && { why: reason }),
    }),
  }).catch(() => undefined);
  submit.disabled = false;
  if (answer?.ok) return dialog.close();
  const refusal = await answer?.json().catch(() => undefined);
  say(refusal ? [refusal.error, refusal.do].filter(Boolean).join(' ') : 'The gateway does not answer.');
}

mode.addEventListener('change', () => void preview());
at('flip-cancel').addEventListener('click', () => dialog.close());
at('flip-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void flip();
});
