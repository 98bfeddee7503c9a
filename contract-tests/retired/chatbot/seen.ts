/** A recording's exchanges as the quirks' changes read them. */
import type { RecordedExchange } from '@banyan/gateway/record/read-recording.ts';
import { jsonOf } from '@banyan/suite/retired/edit.ts';

/** What the chatbot's answers have in them, as far as the changes look. */
export interface Shown {
  id?: string;
  job_id?: string;
  error?: string;
  message_count?: number;
  pdf_name?: string;
  pdfs?: ShownPdf[];
  processing?: { name: string; job_id: string }[];
  sources?: { source: string }[];
}

export interface ShownPdf {
  name: string;
  chunks?: number;
  chat_id?: string;
}

export interface ShownChat {
  id: string;
  pdf_list: ShownPdf[];
}

export interface SeenExchange {
  index: number;
  /** Its method and its route's path: `POST /api/chats/:chat_id/messages`. */
  asked: string;
  /** The chat that its path names. */
  chat: string;
  status: number;
  shown: Shown;
  /** Of `GET /api/chats`. */
  chats: ShownChat[];
  start: number;
  end: number;
  body: Buffer | undefined;
}

export function seen(exchange: RecordedExchange): SeenExchange {
  const { index, method, route, target, answer, start, end, body } = exchange;
  const json = answer.status < 500 ? jsonOf(answer) : undefined;
  const asked = `${method} ${route.replace(/^\S+ /, '')}`;
  return {
    index,
    asked,
    chat: chatIn(target),
    status: answer.status,
    start,
    end,
    body,
    shown: typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Shown) : {},
    chats: asked === 'GET /api/chats' && Array.isArray(json) ? (json as ShownChat[]) : [],
  };
}

export const chatIn = (target: string): string => /^\/api\/chats\/([^/?]+)/.exec(target)?.[1] ?? '';

/** How legacy writes the name of a file where it shows a source. */
export const asSource = (name: string): string => name.replace(/[^\p{L}\p{N}_\s\-.,/]/gu, '_').trim();
