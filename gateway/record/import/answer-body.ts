/** An answer's body and headers as the application sent them, as far as an export tells. */
import { codingsOf, decode } from '../encoded.ts';
import type { HarFile, HarFileEntry, HarFileResponse } from './har-file.ts';
import { charsetOf, fromFile, headerValue, lengthOf, saysBase64 } from './request-body.ts';
import { type Bytes, bytesOf } from './text-bytes.ts';

const noBody = { reason: 'the browser did not export the body of the answer' };

export function answerBody({ request, response }: HarFileEntry, attached: HarFile['attached']): Bytes {
  const { content, status, headers } = response;
  const method = request.method.toUpperCase();
  if (method === 'HEAD' || status === 204 || status === 304) return { bytes: Buffer.alloc(0) };
  if (content?._file) return fromFile(attached(content._file));
  const encoded = codingsOf(headerValue(headers, 'content-encoding') ?? '').length > 0;
  const announced = lengthOf(headers);
  const size = content && content.size > 0 ? content.size : undefined;
  if (!content?.text) {
    const expected = size ?? (encoded ? undefined : announced) ?? response.bodySize;
    return expected > 0 && announced !== 0 ? noBody : { bytes: Buffer.alloc(0) };
  }
  const { text } = content;
  const type = charsetOf(headerValue(headers, 'content-type'), content.mimeType);
  const length = encoded ? undefined : announced;
  return bytesOf({ text, base64: saysBase64(content), mimeType: type, length, size });
}

/**
 * Exports have bodies without their content encoding, mostly: then the headers must not name one. Where the body still has
 * it, they stay.
 */
export function answerHeaders(response: HarFileResponse, body: Buffer): string[] {
  const headers = response.headers.filter(({ name }) => name !== '' && !name.startsWith(':'));
  const type = response.content?.mimeType;
  if (type && headerValue(headers, 'content-type') === undefined)
    headers.push({ name: 'Content-Type', value: type });
  return withoutEncoding(headers, body);
}

export function withoutEncoding(headers: HarFileResponse['headers'], body: Buffer): string[] {
  const codings = codingsOf(headerValue(headers, 'content-encoding') ?? '');
  const plain = codings.length > 0 && !isStillEncoded(body, codings);
  return headers
    .filter(({ name }) => !(plain && name.toLowerCase() === 'content-encoding'))
    .flatMap(({ name, value }) => [
      name,
      codings.length > 0 && name.toLowerCase() === 'content-length' ? String(body.length) : value,
    ]);
}

function isStillEncoded(body: Buffer, codings: readonly string[]): boolean {
  try {
    return body.length > 0 && decode(body, codings).length >= 0;
  } catch {
    return false;
  }
}
