/** The dialog that changes a route or a phase: it says first what will happen. */
// @ts-check
import { at, element, focusAgain } from './dom.js';

/** @typedef {import('../../preview/preview.ts').Preview} Preview */
/** @typedef {import('../api.ts').FlipAnswer} FlipAnswer */

const dialog = /** @type {HTMLDialogElement} */ (at('flip'));
const mode = /** @type {HTMLSelectElement} */ (at('flip-mode'));
const why = /** @type {HTMLInputElement} */ (at('flip-why'));
const now = /** @type {HTMLInputElement} */ (at('flip-now'));
const force = /** @type {HTMLInputElement} */ (at('flip-force'));
const yes = /** @type {HTMLInputElement} */ (at('flip-yes'));
const submit = /** @type {HTMLButtonElement} */ (at('flip-do'));
/** @type {string | undefined} everything where it is left out */
let target;
/** Of the preview that was asked last: an older answer must not show. */
let asked = 0;
/** Of the button that opened the dialog: it may be drawn anew while the dialog is open.
 * @type {string | null | undefined} */
let opener;

/**
 * @param {string | undefined} name a route or a phase; undefined: everything, which can only go back
 * @param {string} wanted
 */
export function openFlip(name, wanted) {
  target = name;
  opener = document.activeElement?.getAttribute('aria-label');
  at('flip-title').textContent = name ? `Change ${name}` : 'Roll back everything';
  mode.value = wanted;
  mode.disabled = !name;
  now.checked = false;
  why.value = '';
  force.checked = false;
  yes.checked = false;
  say('');
  dialog.showModal();
  void preview();
}

async function preview() {
  const mine = ++asked;
  submit.disabled = true;
  submit.textContent = mode.value === 'legacy' ? 'Roll back' : 'Flip';
  at('flip-preview').replaceChildren('Looking at what will happen …');
  const query = new URLSearchParams({
    ...(target && { target }),
    ...{ mode: mode.value, now: String(now.checked), force: String(force.checked), yes: String(yes.checked) },
  });
  const answer = await fetch(`/api/preview?${query}`).catch(() => undefined);
  const found = answer?.ok ? /** @type {Preview} */ (await answer.json()) : undefined;
  if (mine !== asked) return;
  if (!found) return at('flip-preview').replaceChildren('The gateway does not say what will happen.');
  const { changes, findings, without, isRefused } = found;
  at('flip-force-row').hidden = !findings.some(({ unless }) => unless === 'force');
  at('flip-yes-row').hidden = !findings.some(({ unless }) => unless === 'yes');
  at('flip-now-row').hidden = mode.value !== 'legacy';
  submit.disabled = isRefused || (changes.length === 0 && without === 0);
  at('flip-preview').replaceChildren(...sentences(found));
}

/** @param {Preview} found */
function sentences({ changes, findings }) {
  const list = changes.map(({ route, from, to }) =>
    element('li', [element('code', route), ` ${from} → ${to}`]),
  );
  const head =
    list.length === 0
      ? 'No route changes.'
      : `${list.length === 1 ? 'One route changes' : `${list.length} routes change`}, in force at once:`;
  return [
    element('p', head),
    ...(list.length > 0 ? [element('ul', list)] : []),
    ...findings.flatMap(({ weight, about, says, items = [] }) => {
      const tone = weight === 'well' || weight === 'note' ? 'quiet' : 'caution';
      const those = items.map(({ name, says: lines }) =>
        element('li', [element('code', name), ...lines.map((line) => element('div', line, 'quiet'))]),
      );
      return [
        element('p', [element('strong', `${about}: `), says], tone),
        ...(those.length > 0 ? [element('ul', those, tone)] : []),
      ];
    }),
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
  const goesForth = mode.value !== 'legacy';
  if (goesForth && (force.checked || yes.checked) && !reason) {
    submit.disabled = false;
    why.focus();
    return say(yes.checked ? 'A flip that has no way back needs a reason.' : 'A forced flip needs a reason.');
  }
  const answer = await fetch(goesForth ? '/api/flip' : '/api/rollback', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(target && { target }),
      ...(goesForth ? { mode: mode.value, force: force.checked, yes: yes.checked } : { now: now.checked }),
      ...(reason && { why: reason }),
    }),
  }).catch(() => undefined);
  submit.disabled = false;
  const said = await answer?.json().catch(() => undefined);
  if (answer?.ok && !isPartial(said)) return dialog.close();
  if (answer?.ok) {
    // What is left behind has been told; the page shows it again, now as it is.
    void preview();
    return say(partial(said));
  }
  say(said ? [said.error, said.do].filter(Boolean).join(' ') : 'The gateway does not answer.');
}

/** @param {FlipAnswer | undefined} said */
const isPartial = (said) =>
  said !== undefined && (said.left.length > 0 || (said.atOnce !== undefined && 'unknown' in said.atOnce));

/** @param {FlipAnswer} said */
function partial({ left, atOnce }) {
  const texts = [];
  if (left.length > 0) texts.push(`Done, and left behind: ${left.map(({ route }) => route).join(', ')}.`);
  if (atOnce && 'unknown' in atOnce)
    texts.push(`In force. Nobody can say what legacy lacks. ${atOnce.unknown}`);
  return texts.join(' ');
}

for (const choice of [mode, now, force, yes]) choice.addEventListener('change', () => void preview());
dialog.addEventListener('close', () => focusAgain(opener));
at('flip-cancel').addEventListener('click', () => dialog.close());
at('flip-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void flip();
});
