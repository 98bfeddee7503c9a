/** Values that are no secret although a credential's name stands before them. What is not listed here is replaced. */
import type { Suspicion } from './names.ts';

const words = new Set(
  'true false null none nil undefined yes no on off required optional missing invalid expired string number integer boolean object array redacted hidden masked removed n/a unknown default empty'.split(
    ' ',
  ),
);
/** `****`, `xxxxxx`, `••••1234`, `0000`: at most four characters shown. */
const mask = /^(?:([*x.\-#0_])\1*|(?:\xe2\x80\xa2)+|[*x]{4,}[A-Za-z0-9]{0,4})$/i;
const placeholder =
  /^(?:\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|<[a-z][a-z _-]*>|\[[a-z][a-z _-]*\]|\(?(?:redacted|filtered)\)?)$/i;
const time = /^\d{4}-\d\d-\d\d(?:[T ][0-9:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const numeric = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

export function isHarmless(value: string, suspicion: Suspicion): boolean {
  if (suspicion === 'none' || value.length > 200) return suspicion === 'none';
  if (value.length === 0 || words.has(value.toLowerCase()) || mask.test(value) || placeholder.test(value))
    return true;
  if (time.test(value)) return true;
  if (suspicion === 'weak') return !looksRandom(value);
  if (numeric.test(value)) return value.replace(/\D/g, '').length < (suspicion === 'digits' ? 3 : 6);
  return suspicion === 'medium' && /^[A-Za-z]{1,12}$/.test(value) && !/[a-z][A-Z]/.test(value);
}

/** Long, without spaces, of letters and digits; ids of the usual form are not secrets by themselves. */
function looksRandom(value: string): boolean {
  return (
    /^[A-Za-z0-9._~+/=-]{20,}$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && !uuid.test(value)
  );
}
