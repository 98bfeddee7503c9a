/** Python's `repr` of what its `json` reads. */
import { repr } from '../../wire/python/strings.ts';
import type { PythonValue } from '../../wire/python/values.ts';

export function pythonRepr(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return repr(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return reprOfFloat(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  return `{${[...value].map(([key, member]) => `${repr(key)}: ${pythonRepr(member)}`).join(', ')}}`;
}

/** Both languages print the fewest digits that say which number it is; they differ in when an exponent is used. */
export function reprOfFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  if (value === 0) return '0.0';
  const [, sign = '', first = '', rest = '', power = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${first}${rest && `.${rest}`}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const all = first + rest;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${all}`;
  const whole = all.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${all.slice(exponent + 1) || '0'}`;
}
