/** The result as JUnit XML: a suite a route, a case an exchange that was compared. */

import type { ExchangeOutcome } from '../compared.ts';
import type { Result } from '../result.ts';
import { commandOf, type Finding, findingOf } from './findings.ts';

/** @param same options of the run, as its command takes them */
export function junitReport(
  result: Result,
  outcomes: readonly ExchangeOutcome[],
  findings: readonly Finding[] = [],
  same = '',
): string {
  const command = (outcome: ExchangeOutcome) => {
    const finding = findingOf(findings, outcome.compared);
    return finding && commandOf(finding, same);
  };
  const suites = Object.entries(result.routes).map(([route, { exchanges, divergent, untested }]) => {
    const cases = outcomes
      .filter((outcome) => outcome.route === route)
      .map((each) => caseOf(each, command(each)));
    return `  <testsuite name="${attribute(route)}" tests="${exchanges}" failures="${divergent}" skipped="${untested}">\n${cases.join('')}  </testsuite>\n`;
  });
  const faults = [
    ...result.expiredRules.map((rule) => faultOf('accepted.yaml', rule, 'expired')),
    ...result.unusedRules.map((rule) => faultOf('accepted.yaml', rule, 'not used')),
    ...result.values.undeclared.map(({ route, place, what }) =>
      faultOf('route table', `${route} ${place}`, what),
    ),
  ];
  const register = `  <testsuite name="register and route table" tests="${faults.length}" failures="${faults.length}">\n${faults.join('')}  </testsuite>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="contract" tests="${result.exchanges}" failures="${result.divergent + faults.length}">\n${suites.join('')}${register}</testsuites>\n`;
}

const faultOf = (where: string, name: string, message: string) =>
  `    <testcase classname="${where}" name="${attribute(name)}"><failure message="${attribute(message)}"/></testcase>\n`;

function caseOf(
  { recording, index, route, outcome, compared }: ExchangeOutcome,
  command: string | undefined,
): string {
  const [first] = compared;
  const name = `${recording} #${index + 1} ${first ? `${first.method} ${first.target}` : ''}`;
  const head = `    <testcase classname="${attribute(route)}" name="${attribute(name.trim())}"`;
  if (outcome === 'untested') return `${head}><skipped/></testcase>\n`;
  if (outcome !== 'divergent') return `${head}/>\n`;
  const differences = compared.flatMap(({ judgement }) => judgement.differences);
  const lines = differences.map(({ place, kind, left, right }) => `${place} (${kind}): ${left} / ${right}`);
  if (command) lines.push(command);
  const message = differences[0]
    ? `${differences[0].kind} at ${differences[0].place}`
    : 'the route table has no such route';
  return `${head}><failure message="${attribute(message)}">${attribute(lines.join('\n'))}</failure></testcase>\n`;
}

/** Escaped, and without the characters that XML cannot hold. */
function attribute(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\n': '&#10;',
  };
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\n]/g, (character) => entities[character] ?? character);
}
