/** A request's body as it was sent, as far as an export tells: from its text, a file of its own, or its form's fields. */
import { boundaryOf } from '../multipart.ts';
import type { HarFile, HarFileRequest } from './har-file.ts';
import { type Bytes, bytesOf } from './text-bytes.ts';

type PostData = NonNullable<HarFileRequest['postData']>;
type Param = NonNullable<PostData['params']>[number];

const noUpload = { reason: 'the browser did not export the file that was uploaded' };
const noBody = { reason: 'the browser did not export the body of the request' };

/** An empty body where there was none. */
export function requestBody(request: HarFileRequest, attached: HarFile['attached']): Bytes {
  const { postData, bodySize } = request;
  const encoded = headerValue(request.headers, 'content-encoding') !== undefined;
  const announced = lengthOf(request.headers);
  const length = encoded ? undefined : announced;
  if (!postData) return (announced ?? bodySize) > 0 ? noBody : { bytes: Buffer.alloc(0) };
  if (postData._file) return fromFile(attached(postData._file));
  const { text } = postData;
  const mimeType = charsetOf(postData.mimeType, headerValue(request.headers, 'content-type'));
  const isForm = /^\s*multipart\//i.test(mimeType);
  if (text) {
    const size = bodySize > 0 ? bodySize : undefined;
    const bytes = bytesOf({ text, base64: saysBase64(postData), mimeType, length, size });
    if (!isForm) return bytes;
    const short = 'bytes' in bytes && bytes.bytes.length < Math.max(length ?? bodySize, 1);
    return short || 'reason' in bytes ? noUpload : bytes;
  }
  const params = postData.params ?? [];
  if (params.length > 0)
    return isForm ? multipart(params, mimeType, length, attached) : urlencoded(params, length);
  if (isForm && Math.max(length ?? bodySize, 0) > 0) return noUpload;
  return (length ?? bodySize) > 0 ? noBody : { bytes: Buffer.alloc(0) };
}

export function saysBase64({
  encoding,
  _encoding,
  comment,
}: Pick<PostData, 'encoding' | '_encoding' | 'comment'>): boolean {
  return [encoding, _encoding, comment].some((said) => /^\s*base64\b/i.test(said));
}

export function fromFile(bytes: Buffer | undefined): Bytes {
  return bytes ? { bytes } : { reason: 'a file beside the export, which has its body, is missing' };
}

/** Tools list a form's fields decoded, or as they were sent; spaces were sent as `+` or as `%20`. */
function urlencoded(params: readonly Param[], length: number | undefined): Bytes {
  const pairs = params.map(({ name, value }): [string, string] => [name, value ?? '']);
  const written = (code: (part: string) => string) =>
    Buffer.from(pairs.map((pair) => pair.map(code).join('=')).join('&'));
  const form = written((part) => new URLSearchParams({ '': part }).toString().slice(1));
  const raw = pairs.flat().every((part) => /^(?:[A-Za-z0-9*._+~!'()$,/:;@-]|%[0-9A-Fa-f]{2})*$/.test(part));
  const isEncoded = raw && pairs.flat().some((part) => /[%+]/.test(part));
  const likeliest = isEncoded
    ? [written((part) => part), form]
    : [form, ...(raw ? [written((part) => part)] : [])];
  const candidates = [...likeliest, written(encodeURIComponent)];
  const bytes = length === undefined ? candidates[0] : candidates.find((each) => each.length === length);
  return bytes ? { bytes } : { reason: 'its form was exported as fields, and was not as long as they are' };
}

function multipart(
  params: readonly Param[],
  mimeType: string,
  length: number | undefined,
  attached: HarFile['attached'],
): Bytes {
  const boundary = boundaryOf(mimeType);
  if (boundary === undefined) return { reason: 'its form was exported without its boundary' };
  const pieces: Buffer[] = [];
  for (const { name, value, fileName, contentType, _file } of params) {
    const file = _file ? attached(_file) : undefined;
    const isFile = fileName !== null && fileName !== undefined;
    if (isFile && file === undefined && (value ?? '') === '') return noUpload;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${isFile ? `; filename="${fileName}"` : ''}`;
    const type = contentType ? `\r\nContent-Type: ${contentType}` : '';
    pieces.push(Buffer.from(`${head}${type}\r\n\r\n`), file ?? Buffer.from(value ?? ''), Buffer.from('\r\n'));
  }
  const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  if (length !== undefined && bytes.length !== length)
    return params.some(({ fileName }) => fileName)
      ? noUpload
      : { reason: 'its form was exported as fields, and was not as long as they are' };
  return { bytes };
}

/** Of a body's types the one that names a charset, else the first. */
export function charsetOf(...types: (string | undefined)[]): string {
  return types.find((type) => /charset/i.test(type ?? '')) ?? types.find((type) => type) ?? '';
}

export function headerValue(headers: HarFileRequest['headers'], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

export function lengthOf(headers: HarFileRequest['headers']): number | undefined {
  const value = headerValue(headers, 'content-length');
  return value !== undefined && /^\d+$/.test(value.trim()) ? Number(value) : undefined;
}
