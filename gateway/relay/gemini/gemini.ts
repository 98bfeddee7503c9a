/** The provider for Gemini itself: the call goes out as it came, with the real key, and the answer comes back as it is. */
import { BanyanError } from '../../errors.ts';
import { isObject } from '../gemini-format/types.ts';
import type { ModelCall, ModelProvider } from '../provider.ts';
import { faultOfStatus } from '../status.ts';
import { parsedJson, Upstream, type UpstreamResponse, wholeBody } from '../upstream.ts';

export interface GeminiSettings {
  /** Without the version, e.g. `https://generativelanguage.googleapis.com`. */
  baseUrl: string;
  key: string;
}

export function geminiProvider(settings: GeminiSettings): ModelProvider {
  const upstream = new Upstream();
  return {
    name: 'gemini',
    async call(call, signal) {
      const headers = { ...call.headers, 'x-goog-api-key': settings.key };
      const { body, deadline } = call;
      const response = await upstream.post(
        { url: addressOf(settings, call), headers, body, deadline },
        signal,
      );
      const passed = headersOf(response);
      if (call.method === 'streamGenerateContent' && isGemini(response))
        return { status: 200, headers: passed, body: response.body };
      const bytes = await wholeBody(response.body);
      checkJson(parsedJson(bytes), response.status);
      return { status: response.status, headers: passed, body: bytes };
    },
    close: () => upstream.close(),
  };
}

/** A page that something else answers with status 200 is not handed on as a stream. */
const isGemini = ({ status, headers }: UpstreamResponse) =>
  status === 200 && /^(application\/json|text\/event-stream)\b/.test(headers['content-type'] ?? '');

function addressOf({ baseUrl }: GeminiSettings, call: ModelCall): string {
  const query = call.query.size > 0 ? `?${call.query}` : '';
  return `${baseUrl}/${call.version}/${call.model}:${call.method}${query}`;
}

/** Something between here and Gemini may answer in its own words, such as a proxy's HTML page. */
function checkJson(answer: unknown, status: number): void {
  const objectOrList = isObject(answer) || Array.isArray(answer);
  if (status === 200 && !objectOrList)
    throw new BanyanError('model_failed', { reason: 'its answer is not JSON.' });
  if (status !== 200 && !objectOrList)
    throw faultOfStatus(status, `it answered ${status} without saying why.`);
}

function headersOf({ headers }: UpstreamResponse): Record<string, string> {
  const kept = ['content-type', 'retry-after'].flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}
