/** Two answers whole, side by side, with what differs marked. */
// @ts-check
import { element } from './dom.js';
import { differentLines } from './line-diff.js';

/** @typedef {import('../shown-answer.ts').ShownAnswer} ShownAnswer */
/** @typedef {import('../shown-answer.ts').ShownAnswers} ShownAnswers */
/** @typedef {{ text: string, differs: boolean }} Line */
/** @typedef {{ place: string }} Difference */

/** @param {{ id: string, what: string, differences: readonly Difference[] }} divergence */
export async function twoAnswers({ id, what, differences }) {
  const answer = await fetch(`/api/divergences/${encodeURIComponent(id)}`).catch(() => undefined);
  const found = answer?.ok ? /** @type {ShownAnswers} */ (await answer.json()) : undefined;
  if (!found) return element('p', 'The answers are not kept any more.', 'quiet');
  return twoSides(found, differences, what === 'read' ? undefined : times);
}

/**
 * @param {ShownAnswers} found
 * @param {readonly Difference[]} differences
 * @param {RegExp} [own] what each backend makes of its own, so that it alone is no difference: of a write its times
 */
export function twoSides(found, differences, own) {
  const bodies = markedBodies(found, own);
  return element(
    'div',
    [
      side('legacy', found.legacy, bodies.legacy, differences),
      side('new', found.new, bodies.new, differences),
    ],
    'two',
  );
}

/**
 * @param {'legacy' | 'new'} name
 * @param {ShownAnswer | null} answer
 * @param {Line[]} body
 * @param {readonly Difference[]} differences
 */
function side(name, answer, body, differences) {
  if (!answer)
    return element('section', [element('h3', name), element('p', 'Its answer is not known.', 'quiet')]);
  const lines = [...headLines(answer, differences), { text: '', differs: false }, ...body];
  const text = element(
    'pre',
    lines.flatMap(({ text, differs }) => [differs ? element('mark', text) : text, '\n']),
  );
  // A long line scrolls: that must go by keyboard too.
  text.tabIndex = 0;
  text.setAttribute('role', 'region');
  text.setAttribute('aria-label', `Answer of ${name}`);
  return element('section', [element('h3', name), text]);
}

/**
 * Some headers always differ, a date, and rightly: those are marked that the comparison names.
 * @param {ShownAnswer} answer
 * @param {readonly Difference[]} differences
 * @returns {Line[]}
 */
function headLines({ status, reason, headers }, differences) {
  const places = new Set(differences.map(({ place }) => place.toLowerCase()));
  return [
    { text: `${status} ${reason}`, differs: places.has('status') || places.has('reason') },
    ...headers.map(([name, value]) => ({
      text: `${name}: ${value}`,
      differs: places.has(`header ${name.toLowerCase()}`),
    })),
  ];
}

const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?/g;

/**
 * @param {ShownAnswers} answers
 * @param {RegExp | undefined} own
 * @returns {{ legacy: Line[], new: Line[] }}
 */
function markedBodies({ legacy, new: ours }, own) {
  const [left, right] = [linesOf(legacy), linesOf(ours)];
  // Nothing to hold it against.
  if (!legacy || !ours) return { legacy: left.map(unmarked), new: right.map(unmarked) };
  const said = (/** @type {string} */ text) => (own ? text.replace(own, 'its own') : text);
  const [ofLegacy, ofNew] = differentLines(left.map(said), right.map(said));
  return {
    legacy: left.map((text, i) => ({ text, differs: ofLegacy.has(i) })),
    new: right.map((text, i) => ({ text, differs: ofNew.has(i) })),
  };
}

/** @param {string} text */
const unmarked = (text) => ({ text, differs: false });

/** As it was sent; JSON that is all in one line a member a line. @param {ShownAnswer | null} answer */
function linesOf(answer) {
  if (!answer) return [];
  const lines = (readable(answer.body) ?? answer.body).split('\n');
  return answer.cut ? [...lines, '… and more'] : lines;
}

/** @param {string} body */
function readable(body) {
  if (body.trimEnd().includes('\n')) return undefined;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return undefined;
  }
}
