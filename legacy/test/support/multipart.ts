/** Multipart bodies, part headers as given. */
import type { Asked } from './exchange.ts';

export interface Part {
  /** The whole value of Content-Disposition. */
  disposition: string;
  type?: string;
  content: string | Uint8Array;
}

const BOUNDARY = '----a-boundary-of-the-tests';

export function multipart(...parts: Part[]): Asked {
  const pieces = parts.flatMap(({ disposition, type, content }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n` +
        `${type ? `Content-Type: ${type}\r\n` : ''}\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return {
    headers: [['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`]],
    body: Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}

/** The body that a browser sends for one file in the field `pdf`. */
export function pdfField(name: string, content: string | Uint8Array): Asked {
  // As the form-data algorithm of the HTML standard escapes names.
  const escaped = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return multipart({
    disposition: `form-data; name="pdf"; filename="${escaped}"`,
    type: 'application/pdf',
    content,
  });
}
