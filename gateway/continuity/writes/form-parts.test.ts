import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { partNames } from './form-parts.ts';

const headers = ['Content-Type', 'multipart/form-data; boundary="b-1"'];
const part = (name: string, data = '', more = '') =>
  `--b-1\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${data}\r\n`;

const forms: [what: string, body: string, names: string[] | undefined][] = [
  ['one file', `${part('pdf', '%PDF-1.4\r\n\r\n--b-', '; filename="a.pdf"')}--b-1--\r\n`, ['pdf']],
  ['no parts', '--b-1--\r\n', []],
  [
    'parts without a head',
    `${'--b-1\r\n\r\n\r\n'.repeat(1001)}--b-1--`,
    Array.from({ length: 1001 }, () => ''),
  ],
  ['one field many times', `${part('a').repeat(1001)}--b-1--`, Array.from({ length: 1001 }, () => 'a')],
  [
    'parts behind a large file',
    `${part('pdf', 'x'.repeat(100_000))}${part('more').repeat(3)}--b-1--`,
    ['pdf', 'more', 'more', 'more'],
  ],
  ['an end that is missing', `${part('a')}${part('b')}`, ['a', 'b']],
];

for (const size of [1, 7, 65_536])
  it.each(forms)(`reads of a form with %s the fields, in pieces of ${size} bytes`, async (_, body, names) => {
    const bytes = Buffer.from(body, 'latin1');
    const pieces = size === 1 && bytes.length > 20_000 ? 509 : size;
    const chunks = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, i) =>
      bytes.subarray(i * pieces, (i + 1) * pieces),
    );
    expect(await partNames(headers, Readable.from(chunks))).toEqual(names);
  });

it('knows nothing of a body that is no form', async () => {
  expect(
    await partNames(['Content-Type', 'application/json'], Readable.from([Buffer.from('{}')])),
  ).toBeUndefined();
  expect(await partNames(['Content-Type', 'multipart/form-data'], Readable.from([]))).toBeUndefined();
});
