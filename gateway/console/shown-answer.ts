/** An answer as the console shows it: text, and not more than a page can hold. */
import type { StoredAnswer } from '../continuity/protocol/entry.ts';

export interface ShownAnswer {
  status: number;
  reason: string;
  headers: [name: string, value: string][];
  body: string;
  /** There is more of it. */
  cut: boolean;
}

/** Null: there is none, or it is not known. */
export interface ShownAnswers {
  legacy: ShownAnswer | null;
  new: ShownAnswer | null;
}

/** Bytes. */
const most = 256 * 1024;

export function shownAnswer(answer: StoredAnswer | undefined): ShownAnswer | null {
  if (!answer) return null;
  const { status, reason, rawHeaders, body } = answer;
  const headers: ShownAnswer['headers'] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    headers.push([name, isSecret(name) ? '…' : (rawHeaders[i + 1] ?? '')]);
  }
  const text = new TextDecoder().decode(body.subarray(0, most));
  return { status, reason, headers, body: text, cut: body.byteLength > most };
}

const isSecret = (name: string) => name.toLowerCase() === 'set-cookie';
