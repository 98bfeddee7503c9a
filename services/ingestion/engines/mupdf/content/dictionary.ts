/** Reads PDF objects that may be missing or of another type than they should be. */
import type { PDFObject } from 'mupdf';

/** What is at the path, resolved; undefined where there is nothing. */
export function at(
  object: PDFObject | null | undefined,
  ...path: (string | number)[]
): PDFObject | undefined {
  let found = object ?? undefined;
  for (const key of path) {
    // The one null object belongs to no document, and throws when it is asked for anything.
    if (!found || !(found.isDictionary() || found.isArray() || found.isStream())) return undefined;
    found = found.get(key);
  }
  return found?.isNull() ? undefined : found;
}

export function name(object: PDFObject | undefined): string | undefined {
  return object?.isName() ? object.asName() : undefined;
}

/** MuPDF keeps reals in 32 bits; the seven digits that those hold are what the file says. */
export function number(object: PDFObject | undefined): number | undefined {
  if (!object?.isNumber()) return undefined;
  const value = object.asNumber();
  return Number.isInteger(value) ? value : Number(value.toPrecision(7));
}

/** @returns undefined when it is not an array of numbers */
export function numbers(object: PDFObject | undefined): number[] | undefined {
  if (!object?.isArray()) return undefined;
  const values = Array.from({ length: object.length }, (_, index) => number(object.get(index)));
  return values.every((value) => value !== undefined) ? (values as number[]) : undefined;
}

/** Each entry of an array or dictionary, resolved; nothing for anything else. */
export function entries(
  object: PDFObject | undefined,
  visit: (value: PDFObject, key: string | number) => void,
): void {
  if (object?.isArray() || object?.isDictionary())
    object.forEach((value, key) => {
      visit(value.isIndirect() ? value.resolve() : value, key);
    });
}

/** Whether a dictionary has no entries; its `length` is that of an array, 0. */
export function isEmpty(dictionary: PDFObject): boolean {
  let empty = true;
  dictionary.forEach(() => {
    empty = false;
  });
  return empty;
}
