import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.ts';
import { defaultRules, emailAddresses } from './rules.ts';
import { RedactingStream } from './stream.ts';

const key = Buffer.from('a key of this test');
const redactor = (rules = defaultRules) => new Redactor(rules, key);
const googleKey = `AIza${'SyA1b2C3d4'.repeat(4).slice(0, 35)}`;

describe('redaction', () => {
  it.each([
    ['a Google API key', googleKey],
    ['an sk- key', 'sk-proj-abcdEFGH1234567890'],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a Slack token', 'xoxb-1234567890-abcdefgh'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl1'],
  ])('replaces %s by a value of the same shape and length', (_, secret) => {
    const text = redactor().text(`before ${secret} after`);
    const standIn = text.slice('before '.length, -' after'.length);
    expect(standIn).not.toBe(secret);
    expect(standIn).toHaveLength(secret.length);
    const shape = (value: string) => value.replace(/[A-Z]/g, 'A').replace(/[a-z]/g, 'a').replace(/\d/g, '0');
    expect(shape(standIn)).toBe(shape(secret));
    expect(standIn.slice(0, 3)).toBe(secret.slice(0, 3));
  });

  it('replaces the values of secret headers and keeps schemes, cookie names and attributes', () => {
    const pairs = redactor().headers([
      'Authorization',
      'Bearer abcdef123456',
      'Cookie',
      'session=s3cr3tvalue99; theme=dark',
      'Set-Cookie',
      'session=s3cr3tvalue99; Path=/; HttpOnly',
      'X-Goog-Api-Key',
      googleKey,
      'Content-Type',
      'application/json',
    ]);
    const [authorization, cookie, setCookie, goog, type] = pairs.map(({ value }) => value);
    expect(authorization).toMatch(/^Bearer [a-z]{6}\d{6}$/);
    expect(authorization).not.toContain('abcdef123456');
    expect(cookie).toMatch(/^session=[a-z]\d[a-z]{2}\d[a-z]{6}\d\d; theme=[a-z]{4}$/);
    expect(setCookie).toMatch(/; Path=\/; HttpOnly$/);
    expect(setCookie?.split(';')[0]).toBe(cookie?.split(';')[0]);
    expect(cookie).not.toContain('s3cr3tvalue99');
    expect(goog).not.toBe(googleKey);
    expect(type).toBe('application/json');
  });

  it('gives one secret the same stand-in in headers, queries, forms and JSON, with one key', () => {
    const r = redactor();
    const [header] = r.headers(['x-goog-api-key', googleKey]);
    expect(r.text(`/v1?key=1&token=${googleKey}&x=2`)).toBe(`/v1?key=1&token=${header?.value}&x=2`);
    expect(r.text(`{"api_key": "${googleKey}"}`)).toBe(`{"api_key": "${header?.value}"}`);
    expect(r.text(`it is ${googleKey}.`)).toBe(`it is ${header?.value}.`);
    expect(r.standIns()).toEqual([header?.value]);
    expect(new Redactor(defaultRules, Buffer.from('another')).text(googleKey)).not.toBe(header?.value);
  });

  it('knows a secret from a header or field again in a text that does not look secret', () => {
    const r = redactor();
    const [header] = r.headers(['Authorization', 'Bearer plain1234567value']);
    expect(r.text('you sent plain1234567value')).toBe(`you sent ${header?.value.slice('Bearer '.length)}`);
    const answer = r.text('{"token": "another1234567value"}');
    expect(r.text('/x/another1234567value/y')).toBe(`/x/${answer.slice(11, -2)}/y`);
  });

  it('keeps JSON what it is: escapes inside of a secret stay escapes, members beside it stay', () => {
    const out = redactor().text(
      String.raw`{"password": "a\"b\\cA\u00e9\n1", "tokens": "seven", "title": "sk-1"}`,
    );
    const parsed = JSON.parse(out);
    expect(parsed.password).toHaveLength(9);
    expect(parsed.password).not.toContain('é');
    expect(parsed).toMatchObject({ tokens: 'seven', title: 'sk-1' });
  });

  it('replaces letters of any script, and keeps UTF-8 valid and of the same length', () => {
    const secret = Buffer.from('{"password":"пароль-密码-🔑"}');
    const out = Buffer.from(redactor().text(secret.toString('latin1')), 'latin1');
    expect(out).toHaveLength(secret.length);
    expect(new TextDecoder('utf-8', { fatal: true }).decode(out)).not.toMatch(/пароль|密|🔑/);
  });

  it('finds a key in UTF-16', () => {
    const wide = Buffer.from(`{"x": "${googleKey}"}`, 'utf16le').toString('latin1');
    const out = Buffer.from(redactor().text(wide), 'latin1').toString('utf16le');
    expect(out).toMatch(/^\{"x": "AIza[\w-]{35}"\}$/);
    expect(out).not.toContain(googleKey);
  });

  it('leaves sentences about bearers, skies and addresses alone unless it is told to', () => {
    const text = 'The bearer certificates of task-oriented-people-everywhere; ask ann@example.org.';
    expect(redactor().text(text)).toBe(text);
    const withMail = { ...defaultRules, patterns: [...defaultRules.patterns, emailAddresses] };
    expect(redactor(withMail).text(text)).toMatch(/ask [a-z]{3}@[a-z]{7}\.[a-z]{3}\.$/);
  });

  it('catches a secret in a stream wherever the stream is cut', () => {
    const text = `${'x '.repeat(12_000)}${googleKey} ${'y '.repeat(12_000)}"password": "hunter2hunter2" ${'z'.repeat(30_000)}`;
    const whole = redactor().text(text);
    expect(whole).not.toContain(googleKey);
    expect(whole).not.toContain('hunter2hunter2');
    for (let cut = 23_990; cut < 24_060; cut += 1) {
      const stream = new RedactingStream(redactor());
      const pieces = [text.slice(0, cut), text.slice(cut, cut + 3), text.slice(cut + 3)];
      const out = [...pieces.map((piece) => stream.write(Buffer.from(piece))), stream.end()];
      expect(Buffer.concat(out).toString()).toBe(whole);
    }
    for (const size of [1, 7, 8191, 8192, 8193, 16_385]) {
      const stream = new RedactingStream(redactor());
      const out: Buffer[] = [];
      const bytes = Buffer.from(size === 1 ? text.slice(20_000, 30_000) : text);
      for (let at = 0; at < bytes.length; at += size) out.push(stream.write(bytes.subarray(at, at + size)));
      out.push(stream.end());
      expect(Buffer.concat(out).toString()).toBe(size === 1 ? whole.slice(20_000, 30_000) : whole);
    }
  });

  it('replaces a secret that is longer than the window', () => {
    const secret = 'a1'.repeat(20_000);
    const stream = new RedactingStream(redactor());
    const text = `{"token": "${secret}", "title": "kept"}`;
    const out: Buffer[] = [];
    for (let at = 0; at < text.length; at += 1000)
      out.push(stream.write(Buffer.from(text.slice(at, at + 1000))));
    out.push(stream.end());
    const whole = Buffer.concat(out).toString();
    expect(whole).toHaveLength(text.length);
    expect(JSON.parse(whole).title).toBe('kept');
    expect(whole).not.toContain('a1a1a1a1a1a1');
  });
});
