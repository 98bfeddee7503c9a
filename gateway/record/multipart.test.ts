import { expect, it } from 'vitest';
import { boundaryOf, MultipartCutter, type PartInfo } from './multipart.ts';

/** The stretches of a body that comes in pieces of `size` bytes. */
function cut(body: Buffer, size: number): { kind: string; bytes: string }[] {
  const stretches: { kind: string; bytes: string; info?: PartInfo }[] = [];
  let file = false;
  const add = (kind: string, bytes: Uint8Array) => {
    const last = stretches.at(-1);
    const text = Buffer.from(bytes).toString('latin1');
    if (last?.kind === kind && !(kind === 'file' && !file)) last.bytes += text;
    else stretches.push({ kind, bytes: text });
  };
  const cutter = new MultipartCutter('B0', {
    text: (bytes) => add('text', bytes),
    field: () => {},
    fileStart: (info) => {
      file = true;
      stretches.push({ kind: `${info.fileName} of ${info.name}`, bytes: '' }, { kind: 'file', bytes: '' });
    },
    file: (bytes) => add('file', bytes),
    fileEnd: () => {
      file = false;
    },
  });
  for (let at = 0; at < body.length; at += size) cutter.write(body.subarray(at, at + size));
  cutter.end();
  return stretches;
}

const head =
  '--B0\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n';
const tail = '\r\n--B0--\r\n';
const contents = '%PDF\r\n--B\r\n--B1\r\n-\r\n';

it.each([1, 2, 3, 5, 64, 100_000])(
  'cuts a file part out of a body that comes in pieces of %i bytes',
  (size) => {
    expect(cut(Buffer.from(head + contents + tail, 'latin1'), size)).toEqual([
      { kind: 'text', bytes: head },
      { kind: 'a.pdf of pdf', bytes: '' },
      { kind: 'file', bytes: contents },
      { kind: 'text', bytes: tail },
    ]);
  },
);

it.each([
  ['no closing delimiter', head + contents],
  ['a preamble and an epilogue', `hello\r\n${head}${contents}${tail}bye --B0`],
  ['bare line feeds', (head + contents + tail).replaceAll('\r\n', '\n')],
  [
    'two files and a field',
    `${head}1\r\n${head}2\r\n--B0\r\nContent-Disposition: form-data; name="x"\r\n\r\nv${tail}`,
  ],
  ['an empty file', head + tail],
  ['an empty part without a line of its own', `${head}--B0--\r\n`],
  ['no multipart at all', 'just text'],
  ['headers without an end', `--B0\r\n${'x'.repeat(40_000)}${tail}`],
  ['a delimiter in mid-line', `${head}abc--B0\r\nabc${tail}`],
  ['nothing', ''],
])('puts a body with %s together again, byte for byte, in pieces of any size', (_, text) => {
  const body = Buffer.from(text, 'latin1');
  for (const size of [1, 2, 3, 7, 100_000]) {
    const whole = cut(body, size)
      .filter(({ kind }) => kind === 'text' || kind === 'file')
      .map(({ bytes }) => bytes)
      .join('');
    expect(whole).toBe(text);
  }
});

it('takes a delimiter for one at the start of a line only', () => {
  const inside = 'abc--B0\r\nabc--B0--';
  expect(cut(Buffer.from(head + inside + tail, 'latin1'), 7)[2]).toEqual({ kind: 'file', bytes: inside });
});

it('reads the boundary as browsers and libraries write it', () => {
  expect(boundaryOf('multipart/form-data; boundary=----WebKitFormBoundaryAbC')).toBe(
    '----WebKitFormBoundaryAbC',
  );
  expect(boundaryOf('Multipart/Form-Data; charset=x; boundary="a b"')).toBe('a b');
  expect(boundaryOf('application/json; boundary=x')).toBeUndefined();
});
