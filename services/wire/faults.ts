/**
 * What goes wrong with a request before its meaning is known. The legacy app catches every exception, the framework's own
 * too, and answers 500 with its text.
 */
import type { Quirks } from '../quirks.ts';

/** An error's answer: the status, and the text for `{"error": text}`. */
export interface Fault {
  status: number;
  error: string;
}

/** The status that says what happened, or 500 where faults are answered as legacy does it. */
export function clientFault(status: number, error: string, quirks: Quirks): Fault {
  return { status: quirks['client-errors-as-500'] ? 500 : status, error };
}

/** Werkzeug's text of a RequestEntityTooLarge. */
export const tooLarge =
  '413 Request Entity Too Large: The data value transmitted exceeds the capacity limit.';

/** Werkzeug's text of what get_json raises for a body of another type. */
export const notJson =
  "415 Unsupported Media Type: Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";

/** The text of what get_json raises for a body that is no JSON. */
export const badJson = (reason: string) => `400 Bad Request: Failed to decode JSON object: ${reason}`;
