/**
 * Secretlint's recommended rules: the formats of many vendors' keys, kept up by its maintainers. They are regular
 * expressions that may look far, so a text is given to them in windows: the work grows with the number of windows alone.
 */
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Finding } from './finding.ts';

/** Longer than every key that these rules know. Windows overlap by half. */
const WINDOW = 8192;

/** Rules that need a file, that report a whole URL where `shapes.ts` finds the password in it, or that switch others off. */
const unused = /-(?:gcp|privatekey|basicauth|database-connection-string|filter-comments)$/;

/** What these rules use of secretlint's own interface. */
interface Rule {
  meta: { id: string };
  create(context: object, options: object): { file?: (source: object) => unknown };
}

type Check = (content: string) => void;

let found: Finding[] = [];
let offset = 0;
const checks = (rules as unknown as readonly Rule[])
  .filter(({ meta }) => !unused.test(meta.id))
  .map(prepared);

function prepared(rule: Rule): Check {
  const { file } = rule.create(
    {
      sharedOptions: {},
      createTranslator: () => () => ({ message: '', messageId: '' }),
      ignore() {},
      report({ range: [start, end] }: { range: readonly [number, number] }) {
        found.push({ start: offset + start, end: offset + end, known: offset + start });
      },
    },
    {},
  );
  return (content) => void file?.({ content, contentType: 'text' });
}

export function knownFormats(text: string): Finding[] {
  found = [];
  for (offset = 0; offset < text.length; offset += WINDOW / 2) {
    const content = text.slice(offset, offset + WINDOW);
    for (const check of checks) check(content);
    if (offset + WINDOW >= text.length) break;
  }
  return found.filter(({ start, end }) => isToken(text.slice(start, end)));
}

/** Some rules report an assignment or an address; the scanners of positions and shapes find the value in these. */
function isToken(value: string): boolean {
  return value.length >= 8 && !value.includes('://') && !/[\s"':]/.test(value) && !/^\w+=/.test(value);
}
