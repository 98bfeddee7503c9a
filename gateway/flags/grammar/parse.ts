/** From the flag file's text to flags, or to every fault in it, each with line and column. */

import { routeKeys } from '@banyan/route-table/route-table.ts';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { FlagFile, FlagReading, FlagRules } from '../flag-file.ts';
import type { EvidenceMode, FlagFault } from '../model.ts';
import { suggestion } from '../nearest.ts';
import { type Check, entries, type Part, type ReportFault } from './check.ts';
import { checkGuards, checkShadow } from './guards-part.ts';
import { checkPhases } from './phases-part.ts';
import { checkRoutes } from './routes-part.ts';
import { syntaxFaults } from './syntax.ts';

/** More than this is no flag file, and would keep the gateway busy. */
const LONGEST = 250_000;
/** Brackets inside each other beyond this are no flag file either; YAML's parser calls itself for each. */
const DEEPEST = 100;
/** So many faults are told; a person mends these first. */
const MOST_FAULTS = 20;

const known = ['routes', 'phases', 'evidence', 'guards', 'shadow'];

/** Reads the text of a flag file. Never throws: what is wrong is in the result, all of it at once. */
export function parseFlagFile(text: string, rules: FlagRules): FlagReading {
  if (text.length > LONGEST)
    return fail([
      { line: 1, column: 1, message: 'The file is larger than 250 KB; it cannot be a flag file.' },
    ]);
  if (isTooDeep(text))
    return fail([
      { line: 1, column: 1, message: 'Too many brackets are open inside each other for a flag file.' },
    ]);
  const lines = new LineCounter();
  // Version 1.2 whatever a directive says: in YAML 1.1 `on` and `no` are booleans.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: false,
    logLevel: 'error',
  });
  const faults = new Map<number, string>();
  let untold = 0;
  const fault: ReportFault = (offset, message) => {
    if (faults.has(offset)) return;
    if (faults.size >= MOST_FAULTS) untold += 1;
    else faults.set(offset, typeof message === 'string' ? message : message());
  };
  const firstBroken = syntaxFaults(text, document, fault);
  const check: Check = {
    text,
    keys: routeKeys(rules.table),
    implemented: rules.implemented,
    rules,
    lacking: rules.lacking ?? (() => undefined),
    alarmed: rules.alarmed ?? (() => undefined),
    whole: firstBroken === Number.POSITIVE_INFINITY,
    // What stands behind broken syntax may be read wrongly; faults there would mislead.
    fault: (offset, message) => offset <= firstBroken && fault(offset, message),
  };
  const flags = checkDocument(document, check);
  if (flags && faults.size === 0) return { ok: true, flags };
  const told = [...faults]
    .sort(([a], [b]) => a - b)
    .map(([offset, message]) => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col, message };
    });
  const last = told.at(-1);
  if (last && untold > 0)
    told.push({ ...last, message: `… and ${untold.toLocaleString('en')} more faults.` });
  return fail(told);
}

/** Counts brackets in quotes and comments too: no flag file has so many of them open anywhere. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const fail = (faults: FlagFault[]): FlagReading => ({ ok: false, faults });

function checkDocument(document: Document, check: Check): FlagFile | undefined {
  refuseCleverYaml(document, check);
  const root: unknown = document.contents;
  if (!isMap(root)) {
    const empty = root === null || (isScalar(root) && root.value === null);
    if (check.whole)
      check.fault(
        isNode(root) && !empty ? (root.range?.[0] ?? 0) : 0,
        empty
          ? 'The file is empty. Write `routes: {}` where every route is to be legacy.'
          : 'The file must be a map with `routes` and, where wanted, `phases`.',
      );
    return undefined;
  }
  const parts = topLevel(root, check);
  if (!parts.has('routes') && check.whole)
    check.fault(
      root.range?.[0] ?? 0,
      '`routes` is missing. Write `routes: {}` where every route is to be legacy.',
    );
  const evidence = checkEvidence(parts.get('evidence'), check);
  const held = evidence === 'enforce' ? check : { ...check, lacking: () => undefined };
  return {
    routes: parts.has('routes') ? checkRoutes(parts.get('routes'), held) : new Map(),
    phases: parts.has('phases') ? checkPhases(parts.get('phases'), check) : new Map(),
    evidence,
    guards: checkGuards(parts.get('guards'), check),
    sample: checkShadow(parts.get('shadow'), check),
  };
}

function checkEvidence(part: Part | undefined, check: Check): EvidenceMode {
  if (!part) return 'enforce';
  const word = isScalar(part.value) ? part.value.value : undefined;
  if (word === 'enforce' || word === 'warn') return word;
  check.fault(part.at, '`evidence` must be `enforce` (no evidence, no flip) or `warn`.');
  return 'enforce';
}

function topLevel(root: YAMLMap, check: Check): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const { name, at, value } of entries(root, check)) {
    if (check.keys.includes(name)) check.fault(at, `\`${name}\` belongs below \`routes\`, indented.`);
    else if (!known.includes(name))
      check.fault(
        at,
        () =>
          `\`${name}\` is not a part of the flag file${suggestion(name, known) || '; it has `routes`, `phases`, `evidence`, `guards` and `shadow`.'}`,
      );
    else if (parts.has(name)) check.fault(at, `\`${name}\` stands twice; put both into one.`);
    else parts.set(name, { value, at });
  }
  return parts;
}

/** What makes a flag file hard to review is refused, even where YAML has it. */
function refuseCleverYaml(document: Document, check: Check): void {
  visit(document, (_key, node) => {
    if (isAlias(node))
      check.fault(node.range?.[0] ?? 0, `An alias (*${node.source}) hides what is meant; write it out.`);
    else if (isNode(node) && 'anchor' in node && node.anchor)
      check.fault(node.range?.[0] ?? 0, `An anchor (&${node.anchor}) is of no use here; leave it out.`);
    else if (isNode(node) && node.tag && !isMap(node))
      check.fault(node.range?.[0] ?? 0, `A tag (${node.tag}) is of no use here; leave it out.`);
  });
}
