/** Values as Python's `json` makes them, kept apart as Python keeps them. */

/** int is a bigint, float a number, dict a Map. */
export type PythonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PythonValue[]
  | Map<string, PythonValue>;

/** `type(value).__name__`. */
export function typeName(value: PythonValue): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'number' ? 'float' : 'str';
}
