/** The dialog that changes a route or a phase: it says first what will happen. */
// @ts-check
import { at, element, focusOn } from './dom.js';

/** @typedef {import('../overview.ts').Preview} Preview */

const dialog = /** @type {HTMLDialogElement} */ (at('flip'));
const mode = /** @type {HTMLSelectElement} */ (at('flip-mode'));
const why = /** @type {HTMLInputElement} */ (at('flip-why'));
const now = /** @type {HTMLInputElement} */ (at('flip-now'));
const force = /** @type {HTMLInputElement} */ (at('flip-force'));
const submit = /** @type {HTMLButtonElement} */ (at('flip-do'));
/** @type {string | undefined} everything where it is left out */
let target;
/** The label of the button that opened the dialog. */
let opener = '';
/** Of the preview that was asked last: an older answer must not show. */
let asked = 0;

/**
 * @param {string | undefined} name a route or a phase; undefined: everything, which can only go back
 * @param {string} wanted
 */
export function openFlip(name, wanted) {
  target = name;
  opener = document.activeElement?.getAttribute('aria-label') ?? '';
  at('flip-title').textContent = name ? `Change ${name}` : 'Roll back everything';
  mode.value = wanted;
  mode.disabled = !name;
  now.checked = false;
  why.value = '';
  force.checked = false;
  say('');
  dialog.showModal();
  void preview();
}

async function preview() {
  const mine = ++asked;
  submit.disabled = true;
  submit.textContent = mode.value === 'legacy' ? 'Roll back' : 'Flip';
  at('flip-preview').replaceChildren('Looking at what will happen …');
  const query = new URLSearchParams({ ...(target && { target }), mode: mode.value });
  const answer = await fetch(`/api/preview?${query}`).catch(() => undefined);
  const found = answer?.ok ? /** @type {Preview} */ (await answer.json()) : undefined;
  if (mine !== asked) return;
  if (!found) return at('flip-preview').replaceChildren('The gateway does not say what will happen.');
  const lacking = found.routes.filter(({ evidence }) => evidence !== null);
  const alarmed = found.routes.filter(({ alarm }) => alarm !== null);
  at('flip-force-row').hidden = lacking.length + alarmed.length === 0;
  at('flip-force-what').textContent =
    alarmed.length > 0 ? 'Flip it in spite of the alarm' : 'Flip it without evidence';
  // Without a journal nothing is waited for.
  at('flip-now-row').hidden = found.left === null;
  if (found.left === null) now.checked = false;
  submit.disabled = found.routes.length === 0 && !(now.checked && found.left?.length);
  at('flip-preview').replaceChildren(...sentences(found, lacking.length, alarmed.length));
}

/**
 * @param {Preview} found
 * @param {number} lacking
 * @param {number} alarmed
 */
function sentences({ routes, needsProof, lag, stuck, left }, lacking, alarmed) {
  const without = now.checked ? withoutThese(left ?? []) : [];
  if (routes.length === 0) return [element('p', 'Every route is so already.'), ...without];
  const list = routes.map(({ route, from, to, evidence, alarm }) =>
    element('li', [
      element('code', route),
      ` ${from} → ${to}`,
      ...(evidence ? [element('div', evidence, 'quiet')] : []),
      ...(alarm ? [element('div', alarm, 'quiet')] : []),
    ]),
  );
  const more = [
    alarmed > 0 ? `${alarmed} of them have an alarm: the flip is refused unless you force it.` : '',
    lacking > 0 ? `${lacking} of them lack evidence: the flip is refused unless you force it.` : '',
    lag && !now.checked
      ? `${lag} writes have still to be given to the backend that is to serve; the flip waits for them.`
      : '',
    stuck.length > 0 && !now.checked
      ? `${stuck.length} writes cannot be replayed; what they touch stays with the backend that has it.`
      : '',
  ].filter(Boolean);
  const well = [
    needsProof && lacking === 0 ? 'Proven by the recordings.' : '',
    lag === 0 ? 'The backend that is to serve has every write.' : '',
    lag !== null && stuck.length === 0 ? 'None of its writes is stuck.' : '',
  ].filter(Boolean);
  return [
    element(
      'p',
      `${routes.length === 1 ? 'One route changes' : `${routes.length} routes change`}, in force at once:`,
    ),
    element('ul', list),
    ...(well.length > 0 ? [element('p', well.join(' '), 'quiet')] : []),
    ...more.map((text) => element('p', text, 'caution')),
    ...without,
  ];
}

/** Of a long list the first are shown, and how many more there are. */
const shownKeys = 20;

/**
 * What legacy is to serve without, chat by chat.
 * @param {NonNullable<Preview['left']>} left
 */
function withoutThese(left) {
  if (left.length === 0) return [element('p', 'Legacy has every write.')];
  /** @type {Map<string, typeof left>} */
  const keys = new Map();
  for (const entry of left) {
    const key = entry.keys.find((name) => !name.startsWith('list:')) ?? entry.keys[0] ?? entry.route;
    keys.set(key, [...(keys.get(key) ?? []), entry]);
  }
  const list = [...keys]
    .slice(0, shownKeys)
    .map(([key, entries]) =>
      element('li', [
        element('code', key),
        ...entries.map(({ route, reason }) =>
          element('div', reason ? `${route}: ${reason}` : route, 'quiet'),
        ),
      ]),
    );
  const rest = keys.size - list.length;
  return [
    element(
      'p',
      `Legacy serves at once, without ${left.length} ${left.length === 1 ? 'write' : 'writes'} that it has not been given. They are kept, and given to it as soon as they can be; where it is written to first, a person decides:`,
      'caution',
    ),
    element('ul', rest > 0 ? [...list, element('li', `and ${rest} more`)] : list, 'caution'),
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
    return say('A forced flip needs a reason.');
  }
  const goesBack = mode.value === 'legacy';
  const answer = await fetch(goesBack ? '/api/rollback' : '/api/flip', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(target && { target }),
      ...(goesBack ? { now: now.checked } : { mode: mode.value, force: force.checked }),
      ...(reason && { why: reason }),
    }),
  }).catch(() => undefined);
  submit.disabled = false;
  if (answer?.ok) return dialog.close();
  const refusal = await answer?.json().catch(() => undefined);
  say(refusal ? [refusal.error, refusal.do].filter(Boolean).join(' ') : 'The gateway does not answer.');
}

// The button may have been drawn anew meanwhile.
dialog.addEventListener('close', () => focusOn(opener));
for (const choice of [mode, now]) choice.addEventListener('change', () => void preview());
at('flip-cancel').addEventListener('click', () => dialog.close());
at('flip-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void flip();
});
