/** Payment card numbers: digits in groups, of a length and a beginning that a network issues, whose check digit is right. */
import type { Finding } from './finding.ts';

/** Beginnings and lengths; https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN) */
const issued =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|(?:5[06-9]|6[37])\d{14,17})$/;

const MOST_DIGITS = 19;

export function cards(text: string): Finding[] {
  const found: Finding[] = [];
  const run = /\d[\d -]{11,}\d/g;
  for (let match = run.exec(text); match; match = run.exec(text)) {
    // A fraction's digits, or a part of a longer word.
    if (/[\w.-]/.test(text[match.index - 1] ?? ' ') || /\w/.test(text[run.lastIndex] ?? ' ')) continue;
    found.push(...inRun(match[0], match.index));
  }
  return found;
}

/** Groups of digits that follow each other with one separator, tried from each group on. */
function inRun(run: string, at: number): Finding[] {
  const groups = [...run.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, index }));
  const found: Finding[] = [];
  for (let first = 0; first < groups.length; first += 1) {
    const last = lastOf(groups, first);
    const [from, to] = [groups[first], groups[last ?? -1]];
    if (last === undefined || !from || !to) continue;
    found.push({ start: at + from.index, end: at + to.index + to.digits.length, known: at + from.index });
    first = last;
  }
  return found;
}

function lastOf(groups: readonly { digits: string; index: number }[], first: number): number | undefined {
  let number = '';
  let end: number | undefined;
  for (let i = first; i < groups.length; i += 1) {
    const { digits, index } = groups[i] ?? { digits: '', index: 0 };
    if ((end !== undefined && index - end !== 1) || number.length + digits.length > MOST_DIGITS)
      return undefined;
    number += digits;
    end = index + digits.length;
    if (issued.test(number) && passesLuhn(number)) return i;
  }
  return undefined;
}

function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let i = 0; i < number.length; i += 1) {
    const digit = Number(number[number.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
