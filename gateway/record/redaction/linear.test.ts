/** The work of the redactor grows with the length of a text, whatever stands in it. */
import { expect, it } from 'vitest';
import { ownPattern } from './own-patterns.ts';
import { Redactor } from './redactor.ts';
import { defaultRules, emailAddresses } from './rules.ts';
import { RedactingStream, Unredactable } from './stream.ts';

const repeated = [
  'bearer+',
  '"password":"',
  'token:[',
  '<password>',
  '://',
  ['-----BEGIN PRIV', 'ATE KEY-----'].join(''),
  'eyJaaaaaaaaaa.',
  'name=pin ',
  'form-data; name="pin"\r\n\r\n',
  '"name":"otp","value":',
  '%22',
  'data: {"a":"b"}\n',
  '4111-',
  'secret: |\n',
  'a@',
];

const LENGTH = 160_000;
const rules = { ...defaultRules, patterns: [...defaultRules.patterns, emailAddresses] };

/** Milliseconds of this thread's processor time: other programs and tests do not count. */
function work(text: string): number {
  const redactor = new Redactor(rules, Buffer.from('a key'));
  const before = process.threadCpuUsage();
  redactor.text(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Eight times the length takes about eight times as long; sixty times as long where each place looks at all others. */
function expectLinear(textOf: (length: number) => string, length = LENGTH): void {
  work(textOf(length / 8));
  const short = work(textOf(length / 8));
  expect(work(textOf(length)) / Math.max(short, 10)).toBeLessThan(20);
}

it.each(repeated)('%j, again and again', (text) => {
  expectLinear((length) => text.repeat(Math.ceil(length / text.length)));
});

it('distinct tokens, each of which is looked for in all that follows', () => {
  const most = 480_000;
  const fields = Array.from(
    { length: most / 20 },
    (_, i) => `&token=${String(i).padStart(6, '0')}abcdefg`,
  ).join('');
  expectLinear((length) => fields.slice(0, length), most);
});

it('secrets that begin alike', () => {
  const alike = Array.from({ length: LENGTH / 20 }, (_, i) => `"pwd":"abcdef123456${i}",`).join('');
  expectLinear((length) => alike.slice(0, length));
});

it('a text that comes byte by byte, in the middle of a secret that does not end', () => {
  const stream = new RedactingStream(new Redactor(defaultRules, Buffer.from('a key')));
  const byte = Buffer.from('a1');
  const start = performance.now();
  stream.write(Buffer.from('{"token": "'));
  for (let i = 0; i < 100_000; i += 1) stream.write(byte);
  // Each piece read all that was held before: minutes.
  expect(performance.now() - start).toBeLessThan(5000);
});

it('a secret that is too long to be held is not let out', () => {
  const stream = new RedactingStream(new Redactor(defaultRules, Buffer.from('a key')));
  stream.write(Buffer.from('{"token": "'));
  expect(() => stream.write(Buffer.alloc(1_200_000, 'a1'))).toThrow(Unredactable);
});

it('more secrets than are told apart are masked', () => {
  const redactor = new Redactor(defaultRules, Buffer.from('a key'));
  const fields = Array.from({ length: 20_500 }, (_, i) => `&token=${String(i).padStart(9, 'q1')}`).join('');
  const out = redactor.text(fields);
  expect(redactor.standIns().length).toBeLessThanOrEqual(20_000);
  expect(out.slice(-9)).not.toContain('20499');
  expect(out).toHaveLength(fields.length);
});

it('a pattern of a team’s own cannot take long, and says what RE2 has not', () => {
  expect(ownPattern('(?<secret>(a+)+)b')(`${'a'.repeat(30)}!`)).toEqual([]);
  expect(ownPattern('no: (?<secret>\\d+)')('no: 12')).toEqual([{ start: 4, end: 6, known: 0 }]);
  for (const pattern of ['(?<=no: )\\d+', 'a(?=b)', '(a)\\1'])
    expect(() => ownPattern(pattern)).toThrow(/RE2 has none.*\(\?<secret>/);
});
