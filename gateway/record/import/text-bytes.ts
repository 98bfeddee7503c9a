/**
 * From a body's text in an export to its bytes. An export says what the text is in several places, and tools do not agree;
 * what counts is that the bytes are as many as were sent. Where they cannot be told, there is a reason instead.
 */
export type Bytes = { bytes: Buffer } | { reason: string };

export interface TextBody {
  text: string;
  base64: boolean;
  /** With its charset, if it names one. */
  mimeType: string;
  /** Bytes that were sent, where a header says so. */
  length: number | undefined;
  /** Bytes by the export's own account, which is less to be relied on. */
  size: number | undefined;
}

export function bytesOf(body: TextBody): Bytes {
  if (body.base64) return fromBase64(body.text);
  const wanted = [body.length, body.size].filter((size) => size !== undefined && size > 0);
  const candidates = candidatesOf(body);
  const [first] = candidates;
  for (const size of wanted) {
    const fitting = candidates.find(({ length }) => length === size);
    if (fitting) return { bytes: fitting };
  }
  if (!first) return { reason: 'the charset of its body cannot be written' };
  // A decoder puts U+FFFD in the place of what it cannot read.
  if (body.text.includes('\ufffd') && wanted.length > 0)
    return { reason: 'the export has lost characters of its body, which is no text' };
  if (body.length !== undefined)
    return { reason: `its body has ${first.length} bytes in the export and ${body.length} by its headers` };
  return { bytes: first };
}

/** What the bytes may have been, the likeliest first. */
function candidatesOf({ text, mimeType }: TextBody): Buffer[] {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(mimeType)?.[1]?.toLowerCase() ?? '';
  const utf8 = Buffer.from(text, 'utf8');
  if (/^utf-?16(?:le)?$/.test(charset)) {
    const utf16 = Buffer.from(text, 'utf16le');
    return [utf16, Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), utf8];
  }
  if (/^utf-?16be$/.test(charset)) return [Buffer.from(text, 'utf16le').swap16(), utf8];
  // Some tools put each byte of a body that is no text into a character.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every character up to U+00FF is a byte
  const isBytes = /^[\x00-\xff]*$/.test(text);
  const latin1 = isBytes ? [Buffer.from(text, 'latin1')] : [];
  if (/^(?:iso-8859-1|latin-?1|us-ascii)$/.test(charset)) return [...latin1, utf8];
  const isAscii = utf8.length === text.length;
  if (charset !== '' && !/^utf-?8$/.test(charset) && !isAscii) return latin1;
  // A mark at the start, and carriage returns, are lost in some decoders.
  return [
    utf8,
    ...latin1,
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8]),
    Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'utf8'),
  ];
}

/** Padding may be missing or too much, lines may be broken, the alphabet may be that of URLs. */
function fromBase64(text: string): Bytes {
  const plain = text.replace(/\s/g, '').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/_-]*$/.test(plain) || plain.length % 4 === 1)
    return { reason: 'its body is said to be Base64 and is not' };
  return { bytes: Buffer.from(plain, 'base64') };
}
