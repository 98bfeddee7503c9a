/**
 * Edits of the flag file's text that change what they must and nothing else: comments, order, quotes, blank lines and
 * line ends stay. A route that the file names is changed in place; another is added behind the last one.
 */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { isMap, isNode, isScalar, parseDocument, type YAMLMap } from 'yaml';
import type { LineEdit, Mode } from './model.ts';

interface Splice {
  from: number;
  to: number;
  put: string;
}

/** The text with these routes in these modes. The text must be a flag file without faults. */
export function editModes(text: string, changes: ReadonlyMap<RouteKey, Mode>): string {
  return spliced(text, splicesFor(text, changes));
}

/** The same as edits of whole lines, for a person to make: the lines in the order of the text. */
export function lineEdits(text: string, changes: ReadonlyMap<RouteKey, Mode>): LineEdit[] {
  const lines: { from: number; to: number; splices: Splice[] }[] = [];
  for (const splice of splicesFor(text, changes).sort((a, b) => a.from - b.from)) {
    const isInsertion = splice.from === splice.to && /\n/.test(splice.put);
    const from = isInsertion ? splice.from : text.lastIndexOf('\n', splice.from - 1) + 1;
    const end = text.indexOf('\n', splice.to);
    const to = isInsertion ? splice.to : end < 0 ? text.length : end;
    const last = lines.at(-1);
    // Two routes of a map in one line.
    if (last && !isInsertion && last.to >= to) last.splices.push(splice);
    else lines.push({ from, to, splices: [splice] });
  }
  return lines.map(({ from, to, splices }) => {
    const was = text.slice(from, to);
    const moved = splices.map((splice) => ({ ...splice, from: splice.from - from, to: splice.to - from }));
    const isAtTheEnd = from > 0 && !text.slice(0, from).endsWith('\n');
    const line = text.slice(0, from).split('\n').length + (isAtTheEnd ? 1 : 0);
    const becomes = spliced(was, moved).replace(/^\r?\n|\r?\n$/g, '');
    return { line, ...(was && { was: was.replace(/\r$/, '') }), becomes: becomes.replace(/\r$/, '') };
  });
}

const spliced = (text: string, splices: readonly Splice[]) =>
  splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((edited, { from, to, put }) => edited.slice(0, from) + put + edited.slice(to), text);

function splicesFor(text: string, changes: ReadonlyMap<RouteKey, Mode>): Splice[] {
  const routes = parseDocument(text, { uniqueKeys: false, merge: false }).get('routes');
  if (!isMap(routes)) throw new Error('editModes: the text has no `routes`');
  const splices: Splice[] = [];
  const added: [RouteKey, Mode][] = [];
  for (const [key, mode] of changes) {
    const value = routes.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
    if (isNode(value) && value.range) splices.push(inPlace(text, value.range[0], value.range[1], mode));
    else added.push([key, mode]);
  }
  if (added.length > 0)
    splices.push(routes.flow ? addToFlow(text, routes, added) : addLines(text, routes, added));
  return splices;
}

function inPlace(text: string, from: number, to: number, mode: Mode): Splice {
  const quote = /^["']/.exec(text.slice(from, to))?.[0] ?? '';
  return { from, to, put: quote + mode + quote };
}

/** Behind the line of the last route, with the indentation of the first. */
function addLines(text: string, routes: YAMLMap, added: [RouteKey, Mode][]): Splice {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const first = routes.items[0]?.key;
  const last = routes.items.at(-1)?.value;
  if (!isScalar(first) || !first.range || !isNode(last) || !last.range)
    throw new Error('editModes: `routes` has no entry to put another behind');
  const lineStart = text.lastIndexOf('\n', first.range[0] - 1) + 1;
  const indent = text.slice(lineStart, first.range[0]);
  const lineEnd = text.indexOf('\n', last.range[1]);
  const lines = added.map(([key, mode]) => `${indent}${keyText(key)}: ${mode}`);
  if (lineEnd < 0) return { from: text.length, to: text.length, put: eol + lines.join(eol) };
  return { from: lineEnd + 1, to: lineEnd + 1, put: lines.map((line) => line + eol).join('') };
}

/** `routes: {}` or `routes: { GET /a: new }`: behind the last entry. */
function addToFlow(text: string, routes: YAMLMap, added: [RouteKey, Mode][]): Splice {
  const entries = added.map(([key, mode]) => `${keyText(key)}: ${mode}`).join(', ');
  const last = routes.items.at(-1)?.value;
  if (isNode(last) && last.range) return { from: last.range[1], to: last.range[1], put: `, ${entries}` };
  const [from = 0, to = 0] = routes.range ?? [];
  return { from, to: text.lastIndexOf('}', to - 1) + 1, put: `{ ${entries} }` };
}

/** A key that YAML would read in another way is quoted. */
const keyText = (key: RouteKey) =>
  /^[\w/][^,[\]{}#&*!|>'"%@`]*$/.test(key) && !/:(\s|$)/.test(key) ? key : JSON.stringify(key);
