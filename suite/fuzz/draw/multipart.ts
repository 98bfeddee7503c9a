/** Multipart bodies: as browsers write them, as scripts do, and as neither should. */
import fc from 'fast-check';
import type { UploadedFile } from '../grammar.ts';
import type { Header } from './headers.ts';

export interface MultipartBody {
  headers: readonly Header[];
  body: Buffer;
}

/** @param field the name of the field that carries the file */
export function multipartBodies(
  field: string,
  files: fc.Arbitrary<UploadedFile>,
): fc.Arbitrary<MultipartBody> {
  const usual = files.map((file) => [filePart(field, file, quoted)]);
  const lists = fc.oneof({ weight: 5, arbitrary: usual }, { weight: 5, arbitrary: oddParts(field, files) });
  return fc
    .tuple(lists, fc.oneof({ weight: 8, arbitrary: fc.constant(plain) }, frames))
    .map(([parts, frame]) => frame(parts));
}

interface Part {
  /** Lines of its head, a character a byte. */
  head: string[];
  content: Buffer;
}

type WriteName = (name: string) => string;

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
/** As browsers do (https://html.spec.whatwg.org/#multipart-form-data). */
const quoted: WriteName = (name) =>
  `filename="${bytes(name).replace(/[\r\n"]/g, (c) => encodeURIComponent(c))}"`;
const nameForms: WriteName[] = [
  quoted,
  (name) => `filename="${bytes(name).replace(/[\\"]/g, '\\$&')}"`,
  (name) => `filename=${bytes(name)}`,
  (name) => `filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`,
  (name) => `filename="other.pdf"; filename*=utf-8'en'${encodeURIComponent(name.toWellFormed())}`,
  (name) => `filename*=UTF-8''x.pdf; filename="${bytes(name)}"`,
  (name) => `filename*=latin-1''${escape(name)}`,
  (name) => `filename*=nonsense''${bytes(name)}`,
  (name) => `filename*0="a"; filename*1="${bytes(name)}"`,
  (name) => `filename="${Buffer.from(name, 'latin1').toString('latin1')}"`,
  (name) => `FILENAME="${bytes(name)}"`,
  (name) => `filename = "${bytes(name)}"`,
  (name) => `filename="C:\\docs\\${bytes(name)}"`,
  () => 'filename=""',
  () => 'filename',
  () => '',
];

function filePart(
  field: string,
  { name, content }: UploadedFile,
  write: WriteName,
  type = 'application/pdf',
): Part {
  const written = write(name);
  const head = [`Content-Disposition: form-data; name="${field}"${written && `; ${written}`}`];
  if (type) head.push(`Content-Type: ${type}`);
  return { head, content };
}

function oddParts(field: string, files: fc.Arbitrary<UploadedFile>): fc.Arbitrary<Part[]> {
  const types = fc.constantFrom(
    'application/pdf',
    '',
    'text/plain; charset=latin-1',
    'nonsense',
    'multipart/mixed; boundary=y',
  );
  const fields = fc.constantFrom(field, field.toUpperCase(), `${field}[]`, 'file', '');
  const file = fc
    .tuple(fields, files, fc.constantFrom(...nameForms), types)
    .map(([name, each, form, type]) => filePart(name, each, form, type));
  const value = fc
    .tuple(
      fc.constantFrom(field, 'title', '_charset_', 'x'),
      fc.constantFrom('', 'text', 'é\0', 'utf-16', 'x'.repeat(2000)),
    )
    .map(
      ([name, text]): Part => ({
        head: [`Content-Disposition: form-data; name="${name}"`],
        content: Buffer.from(text),
      }),
    );
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.oneof(file, value), { minLength: 1, maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(files, fc.constantFrom(...nameForms))
        .map(([each, form]) => [filePart(field, each, form)]),
    },
    {
      weight: 1,
      arbitrary: files.chain((each) => fc.constantFrom(...oddHeads(field, each))).map((part) => [part]),
    },
    { weight: 1, arbitrary: fc.constant<Part[]>([]) },
  );
}

function oddHeads(field: string, { name, content }: UploadedFile): Part[] {
  const named = `name="${field}"; filename="${bytes(name)}"`;
  const heads = [
    [],
    [''],
    [`content-disposition:form-data;${named}`],
    [`Content-Disposition: attachment; ${named}`],
    [`Content-Disposition: form-data; filename="${bytes(name)}"; name=${field}`],
    [`Content-Disposition: form-data;;; ${named};`],
    [`Content-Disposition: ${named}`],
    [`Content-Disposition: form-data; ${named}; ${named}`],
    [`Content-Disposition: form-data; ${named}`, `Content-Disposition: form-data; name="x"`],
    [`Content-Disposition: form-data;`, ` ${named}`],
    [`Content-Disposition: form-data; name="${field}`],
    [`Content-Disposition: form-data; name='${field}'; filename='${bytes(name)}'`],
    [`Content-Disposition: form-data; ${named}`, 'Content-Length: 3'],
    [`Content-Disposition: form-data; ${named}`, 'Content-Transfer-Encoding: base64'],
    [`Content-Disposition: form-data; ${named}`, 'no colon here'],
    [`Content-Type: application/pdf`],
    [`Content-Disposition: form-data; ${named}`, `X-Long: ${'y'.repeat(3000)}`],
  ];
  return heads.map((head) => ({ head, content }));
}

type Frame = (parts: readonly Part[]) => MultipartBody;

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

function framed(parts: readonly Part[], boundary: string, line = '\r\n'): Buffer {
  const pieces = parts.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}${line}${head.map((each) => each + line).join('')}${line}`, 'latin1'),
    content,
    Buffer.from(line),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${line}`)]);
}

const typed = (parameters: string): Header[] => [['Content-Type', `multipart/form-data${parameters}`]];
const plain: Frame = (parts) => ({ headers: typed(`; boundary=${BOUNDARY}`), body: framed(parts, BOUNDARY) });
const edited =
  (edit: (body: string) => string): Frame =>
  (parts) => {
    const { headers, body } = plain(parts);
    return { headers, body: Buffer.from(edit(body.toString('latin1')), 'latin1') };
  };
const as =
  (parameters: string, boundary: string): Frame =>
  (parts) => ({ headers: typed(parameters), body: framed(parts, boundary) });

const frames = fc.constantFrom<Frame[]>(
  as('; boundary="simple"', 'simple'),
  as('; boundary="with space and \'(+_,-./:=?)"', "with space and '(+_,-./:=?)"),
  as('; charset=utf-8; boundary=b; x=y', 'b'),
  as(';BOUNDARY=b', 'b'),
  as('; boundary=other', 'b'),
  as('; boundary=', 'b'),
  as('', 'b'),
  as(`; boundary=${'q'.repeat(70)}`, 'q'.repeat(70)),
  as('; boundary=caf\xe9', 'caf\xe9'),
  (parts) => ({ headers: [['Content-Type', 'Multipart/Form-Data; boundary=b']], body: framed(parts, 'b') }),
  (parts) => ({ headers: [['Content-Type', 'multipart/mixed; boundary=b']], body: framed(parts, 'b') }),
  (parts) => ({ headers: [['Content-Type', 'application/pdf']], body: parts[0]?.content ?? Buffer.alloc(0) }),
  (parts) => ({ headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: framed(parts, 'b') }),
  (parts) => ({ headers: [], body: framed(parts, 'b') }),
  (parts) => ({ headers: typed('; boundary=b'), body: framed(parts, 'b', '\n') }),
  (parts) => ({ headers: typed('; boundary=b'), body: framed(parts, 'b', '\r') }),
  (parts) => ({
    headers: typed('; boundary=b'),
    body: parts.length > 0 ? Buffer.alloc(0) : framed(parts, 'b'),
  }),
  edited((body) => body.slice(0, -2)),
  edited((body) => body.slice(0, -4)),
  edited((body) => body.slice(0, -BOUNDARY.length)),
  edited((body) => body.slice(0, body.length >> 1)),
  edited((body) => `preamble\r\n${body}epilogue\r\n`),
  edited((body) => `\r\n\r\n${body}\r\n\r\n`),
  edited((body) => body.replaceAll(`--${BOUNDARY}\r\n`, `--${BOUNDARY} \t\r\n`)),
  edited((body) => body + body),
  edited((body) => body.replace('\r\n\r\n', '\r\n')),
);
