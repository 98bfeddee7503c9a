/** The public API, and nothing else of the server. */

export interface Chat {
  id: string;
  title: string;
  message_count: number;
  pdf_list: { name: string; chunks_added: number }[];
}

export interface Message {
  text: string | null;
  sender: 'user' | 'bot';
}

export interface Source {
  id: number;
  source: string;
  location: string;
  full_content: string;
}

export interface Reply {
  reply: string | null;
  sources: Source[];
  message_count: number;
}

export interface Job {
  status: 'queued' | 'processing' | 'done' | 'error';
  error?: string;
}

export interface Documents {
  processing: { name: string; job_id: string }[];
}

/** What went wrong, in the words of the API where it has any. */
export class ApiError extends Error {}

export const listChats = () => call<Chat[]>('GET', '/api/chats');
export const createChat = () => call<Chat>('POST', '/api/chats');
export const deleteChat = (chat: string) => call<unknown>('DELETE', at(chat));
export const renameChat = (chat: string, title: string) =>
  call<unknown>('PUT', `${at(chat)}/rename`, { title });
export const listMessages = (chat: string) => call<Message[]>('GET', at(chat));
export const ask = (chat: string, message: string) =>
  call<Reply>('POST', `${at(chat)}/messages`, { message });
export const listDocuments = (chat: string) => call<Documents>('GET', `${at(chat)}/docs`);
export const jobOf = (job: string) => call<Job>('GET', `/api/upload-status/${encodeURIComponent(job)}`);
export const removePdf = (chat: string, name: string) =>
  call<unknown>('DELETE', `${at(chat)}/pdfs/${encodeURIComponent(name)}`);

const at = (chat: string) => `/api/chats/${encodeURIComponent(chat)}`;

async function call<Result>(method: string, path: string, body?: object): Promise<Result> {
  const init: RequestInit = body
    ? { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    : { method };
  const response = await fetch(path, init).catch(() => {
    throw new ApiError('The server cannot be reached.');
  });
  const text = await response.text().catch(() => '');
  return readAnswer<Result>(response.status, text);
}

/**
 * Sends a PDF; resolves with the id of the job that reads it. XMLHttpRequest, because fetch tells nothing of how much
 * has been sent.
 */
export function uploadPdf(chat: string, file: File, onProgress: (share: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append('pdf', file);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiError('The upload broke off.'));
    request.onload = () => {
      try {
        resolve(readAnswer<{ job_id: string }>(request.status, request.responseText).job_id);
      } catch (error) {
        reject(error);
      }
    };
    request.open('POST', `${at(chat)}/upload-pdf`);
    request.send(form);
  });
}

/** @throws ApiError with the API's own text, or the status where it has none. */
function readAnswer<Result>(status: number, text: string): Result {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(`The server answered with status ${status}.`);
  }
  if (status < 400) return body as Result;
  const said = (body as { error?: unknown } | null)?.error;
  throw new ApiError(typeof said === 'string' ? said : `The server answered with status ${status}.`);
}
