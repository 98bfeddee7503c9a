/** Compares two header lists. */
import type { Answer, Difference, Tolerated } from './answer.ts';
import { type HeaderRule, headerRules } from './header-rules.ts';

interface Line {
  name: string;
  value: string;
}

/** The first value of a header; `name` in lower case. */
export function firstHeader(rawHeaders: readonly string[], name: string): string | undefined {
  return linesByName(rawHeaders).get(name)?.[0]?.value;
}

export function compareHeaders(
  method: string,
  left: Answer,
  right: Answer,
): { differences: Difference[]; tolerated: Tolerated[] } {
  const [leftLines, rightLines] = [linesByName(left.rawHeaders), linesByName(right.rawHeaders)];
  const differences: Difference[] = [];
  const tolerated: Tolerated[] = [];
  for (const name of new Set([...leftLines.keys(), ...rightLines.keys()])) {
    const [ours, theirs] = [leftLines.get(name) ?? [], rightLines.get(name) ?? []];
    const rule = headerRules.find(({ header }) => header === name);
    const found = rule?.treat === 'server' ? compareLines(ours, theirs) : differencesOf(rule, ours, theirs);
    if (rule?.treat === 'length') found.push(...compareLengths(method, left, right, ours, theirs));
    for (const difference of found)
      if (rule?.treat === 'server')
        tolerated.push({ rule: `header ${rule.header}`, ...valuesOf(difference) });
      else differences.push(difference);
    if (rule?.treat === 'set' && found.length === 0)
      for (const { place, left: ourSet, right: theirSet } of compareLines(ours, theirs))
        tolerated.push({ rule: `header ${rule.header}`, place, left: ourSet, right: theirSet });
  }
  return { differences, tolerated };
}

function differencesOf(rule: HeaderRule | undefined, left: Line[], right: Line[]): Difference[] {
  if (rule?.treat === 'set') return compareLines(left.map(asSet), right.map(asSet));
  if (rule?.treat !== 'length') return compareLines(left, right);
  // Values follow the bodies; name, presence and number of lines do not.
  return compareLines(left.map(withoutValue), right.map(withoutValue));
}

const asSet = ({ name, value }: Line): Line => ({ name, value: value.split(', ').sort().join(', ') });
const withoutValue = ({ name }: Line): Line => ({ name, value: '' });
const valuesOf = ({ place, left, right }: Difference) => ({ place, left, right });

/** Lines of one name, in order. */
function compareLines(left: Line[], right: Line[]): Difference[] {
  const differences: Difference[] = [];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const [ours, theirs] = [left[i], right[i]];
    const place = `header ${(ours ?? theirs)?.name}`;
    if (!theirs) differences.push({ place, kind: 'missing', left: ours?.value ?? '', right: '' });
    else if (!ours) differences.push({ place, kind: 'extra', left: '', right: theirs.value });
    else if (ours.name !== theirs.name)
      differences.push({ place, kind: 'name case', left: ours.name, right: theirs.name });
    else if (ours.value !== theirs.value)
      differences.push({ place, kind: 'value', left: ours.value, right: theirs.value });
  }
  return differences;
}

function compareLengths(
  method: string,
  left: Answer,
  right: Answer,
  ours: Line[],
  theirs: Line[],
): Difference[] {
  // The answer to HEAD has the length of the body that GET would get.
  if (method === 'HEAD' || left.status === 304)
    return ours.length === theirs.length ? compareLines(ours, theirs) : [];
  for (const [side, answer, lines] of [
    ['left', left, ours],
    ['right', right, theirs],
  ] as const)
    for (const { name, value } of lines)
      if (value !== String(answer.body.byteLength)) {
        const [place, note] = [
          `header ${name}`,
          `the body of the ${side} has ${answer.body.byteLength} bytes`,
        ];
        return [{ place, kind: 'length', left: ours[0]?.value ?? '', right: theirs[0]?.value ?? '', note }];
      }
  return [];
}

function linesByName(rawHeaders: readonly string[]): Map<string, Line[]> {
  const lines = new Map<string, Line[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const line = { name: rawHeaders[i] ?? '', value: rawHeaders[i + 1] ?? '' };
    const name = line.name.toLowerCase();
    lines.set(name, [...(lines.get(name) ?? []), line]);
  }
  return lines;
}
