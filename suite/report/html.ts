/** The report as one page that needs nothing else: open it in a browser, or attach it to a build. */
import { headerRules } from '@banyan/compare/header-rules.ts';
import type { Compared, Pair } from '../compared.ts';
import type { Request } from '../replay/send.ts';
import type { Result } from '../result.ts';
import { commandOf, type Finding } from './findings.ts';
import { kinds } from './kinds.ts';
import { answerLines, excerpt, headersOf, type Piece, type Row, sideBySide, textOf } from './side-by-side.ts';
import type { Standing, Standings } from './standing.ts';
import { style } from './style.ts';

export interface PageInput {
  result: Result;
  findings: readonly Finding[];
  /** When it ran, as people read it. */
  when: string;
  standings: Standings;
  /** Options that a replay of a finding needs as this run had them: `--legacy URL`. */
  same?: string | undefined;
}

const sides: Record<Pair, { says: string; left: string; right: string }> = {
  'recording-legacy': {
    says: 'The legacy app does not answer as it was recorded.',
    left: 'recorded',
    right: 'legacy',
  },
  'legacy-new': {
    says: 'The new backend does not answer as the legacy app does.',
    left: 'legacy',
    right: 'new',
  },
};

const colours: Record<Standing, 'good' | 'bad' | 'open'> = {
  green: 'good',
  divergent: 'bad',
  uncovered: 'open',
  stale: 'open',
};

export function htmlReport({ result, findings, when, standings, same }: PageInput): string {
  const { divergent, exchanges } = result;
  const verdict =
    divergent === 0
      ? `<p class="verdict good">No divergence in ${exchanges} exchanges.</p>`
      : `<p class="verdict bad">${divergent} of ${exchanges} exchanges diverge, in ${findings.length} ${findings.length === 1 ? 'way' : 'ways'}. Begin with the first: later ones often follow from it.</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Contract suite: ${divergent === 0 ? 'no divergence' : `${divergent} divergences`}</title><style>${style}</style></head>
<body><header><h1>Contract suite</h1><p class="when">${escaped(when)}</p>${verdict}${faults(result)}</header>
<main>${findings.length > 0 ? `<h2>What diverges</h2>${findings.map((each, at) => finding(each, at, same)).join('')}` : ''}
<h2>Routes</h2>${routes(result, standings)}<h2>What was let pass</h2>${passed(result)}</main></body></html>
`;
}

function faults({ expiredRules, unusedRules, values, noise, prompts }: Result): string {
  const lines = [
    ...expiredRules.map((name) => `The accepted divergence “${name}” has expired.`),
    ...unusedRules.map((name) => `The accepted divergence “${name}” was not used by any recording.`),
    ...values.undeclared.map(
      ({ route, place, what }) => `The route table misses a field: ${route}, ${place}: ${what}.`,
    ),
    ...noise.map(({ recording, index, unexplained }) =>
      unexplained.length > 0
        ? `${recording} #${index + 1}: two fresh legacy apps differ in ${unexplained.join(', ')}, and no volatile rule covers that.`
        : `${recording} #${index + 1}: legacy agrees with itself, and not with the recording.`,
    ),
    ...(prompts === 'unseen' ? ['Prompts were not compared: no relay showed them.'] : []),
  ];
  return lines.length > 0
    ? `<ul class="faults">${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`
    : '';
}

function finding(each: Finding, at: number, same: string | undefined): string {
  const { first, count, differences, shortest } = each;
  const { says, left, right } = sides[first.pair];
  const [main] = differences;
  const others = count > 1 ? `<span class="count">and ${count - 1} more like it</span>` : '';
  const sequence = shortest
    ? `<p>The shortest sequence that shows it: ${shortest.length === 1 ? 'this request alone' : `exchanges ${shortest.join(', ')} of the recording`}.</p>`
    : '';
  const rows = differences
    .slice(0, 8)
    .map(
      ({ place, kind, note, ...values }) =>
        `<tr><th scope="row">${escaped(place)}<small>${kinds[kind]}${note ? `: ${escaped(note)}` : ''}</small></th><td data-side="${left}">${value(values.left)}</td><td data-side="${right}">${value(values.right)}</td></tr>`,
    );
  return `<details class="finding"${at < 3 ? ' open' : ''}><summary><code class="request">${escaped(`${first.method} ${short(first.target)}`)}</code>
<span class="where">${escaped(main?.place ?? '')}</span><span class="kind">${main ? kinds[main.kind] : ''}</span>${others}</summary>
<p>${says} <span class="source">${escaped(first.recording)}, exchange ${first.index + 1}; route ${escaped(first.route)}</span></p>
<table class="differences"><thead><tr><th>Where</th><th>${left}</th><th>${right}</th></tr></thead><tbody>${rows.join('')}</tbody></table>
${differences.length > 8 ? `<p>… and ${differences.length - 8} more places.</p>` : ''}
<h3>The two answers</h3>${answers(first, left, right)}${prompts(first, left, right)}
<h3>The request</h3>${request(first.request)}
<h3>Replay just this</h3>${sequence}<pre class="command">${escaped(commandOf(each, same))}</pre></details>`;
}

/** As legacy got it. A body that is no text is told by its size. */
function request({ method, target, rawHeaders, body }: Request): string {
  const headers = headersOf(rawHeaders).map(([name, of]) => `${name}: ${of}`);
  const text = body && textOf(body);
  const shown =
    text === undefined ? [] : ['', /[\0\ufffd]/.test(text) ? `(${body?.length} bytes)` : short(text, 2000)];
  return `<pre class="sent">${escaped([`${method} ${target}`, ...headers, ...shown].join('\n'))}</pre>`;
}

const value = (text: string) =>
  text === '' ? '<i>nothing</i>' : `<code>${escaped(short(text, 400))}</code>`;

function answers({ left, right, judgement }: Compared, ours: string, theirs: string): string {
  // Where one of them is the difference it has to be seen.
  const places = judgement.differences.map(({ place }) => place.toLowerCase());
  const hidden = new Set(serversOwn.filter((name) => !places.includes(`header ${name}`)));
  const rows = sideBySide(answerLines(left, hidden), answerLines(right, hidden), isNoDifference);
  return columns(excerpt(rows), ours, theirs);
}

const serversOwn = headerRules.filter(({ treat }) => treat === 'server').map(({ header }) => header);

function prompts({ calls, judgement }: Compared, ours: string, theirs: string): string {
  if (!calls || !judgement.differences.some(({ place }) => place.startsWith('model call'))) return '';
  const lines = (of: unknown) => JSON.stringify(of, null, 2).replaceAll('\\n', '\n').split('\n');
  const rows = sideBySide(lines(calls.left), lines(calls.right));
  return `<h3>What they sent to the model</h3>${columns(excerpt(rows), ours, theirs)}`;
}

function columns(rows: readonly (Row | undefined)[], ours: string, theirs: string): string {
  const cells = rows.map((row) =>
    row
      ? `<tr${row.differs ? ' class="differs"' : ''}>${cell(row.left, ours)}${cell(row.right, theirs)}</tr>`
      : '<tr class="gap"><td>⋯</td><td>⋯</td></tr>',
  );
  return `<table class="sides"><thead><tr><th>${ours}</th><th>${theirs}</th></tr></thead><tbody>${cells.join('')}</tbody></table>`;
}

function cell(pieces: readonly Piece[] | undefined, side: string): string {
  if (!pieces) return `<td class="none" data-side="${side}"></td>`;
  const marked = pieces.map(({ text, differs }) =>
    differs ? `<mark>${escaped(short(text, 600))}</mark>` : escaped(short(text, 600)),
  );
  return `<td data-side="${side}">${marked.join('')}</td>`;
}

/** Ids, times and sets may differ; were one of them wrong, it is in the table of places. */
function isNoDifference(left: string, right: string): boolean {
  const own = headerRules.some(({ header, treat }) => {
    return treat !== 'length' && [left, right].every((line) => line.toLowerCase().startsWith(`${header}:`));
  });
  return own || unbound(left) === unbound(right);
}

const unbound = (line: string) =>
  line
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

function routes({ routes: of }: Result, standings: Standings): string {
  const columnsOf = ['exchanges', 'matched', 'accepted', 'divergent', 'untested'] as const;
  const rows = Object.entries(of).map(([key, row]) => {
    const standing = standings[key] ?? 'uncovered';
    const numbers = columnsOf.map((name) => `<td class="number" data-name="${name}">${row[name]}</td>`);
    return `<tr><th scope="row">${escaped(key)}</th><td class="state ${colours[standing]}">${standing}</td>${numbers.join('')}<td class="says">${row.state}</td></tr>`;
  });
  return `<table class="routes"><thead><tr><th>Route</th><th>Evidence</th>${columnsOf.map((name) => `<th class="number">${name}</th>`).join('')}<th>In this run</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<p class="source">green: every answer is the same, or differs as was accepted. uncovered: nothing shows it. stale: this run did not ask it, and what is known is of other code or recordings.</p>`;
}

function passed({ acceptedBy, tolerated, volatile, repeats, retired }: Result): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `<li>${escaped(name)}: ${count}</li>`)
      .join('');
  return `<p>Ids and times matched by rule: ${volatile}. Reads repeated until work in the background was as far as recorded: ${repeats}.${retired.length > 0 ? ` Retired quirks: ${escaped(retired.join(', '))}.` : ''}</p>
<h3>Accepted divergences, by rule of <code>accepted.yaml</code></h3><ul>${list(acceptedBy) || '<li>none</li>'}</ul>
<h3>Headers of the server’s own</h3><ul>${list(tolerated) || '<li>none</li>'}</ul>`;
}

const short = (text: string, longest = 120) =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
