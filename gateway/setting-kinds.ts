/** Kinds of settings: what a variable may hold, and what it must be where it does not. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** Sixteen characters or more: what is shown to somebody as a key. */
export const key = z.string().min(16, 'must have 16 characters or more');

/** A port, where there is no other. */
export const givenPort = z.string().transform((text, context) => {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65535) return number;
  context.addIssue(`must be a port from 0 to 65535 (0: any free one), not "${text}"`);
  return z.NEVER;
});

/** A port. */
export const port = (fallback: number) => z.string().default(String(fallback)).pipe(givenPort);

/** An address, without the slashes at its end. */
export const httpUrl = z.string().transform((text, context) => {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return text.replace(/\/+$/, '');
  } catch {}
  context.addIssue(`must be an http:// or https:// address, not "${text}"`);
  return z.NEVER;
});

/** Requests keep their own path, so the address of a backend has none. */
export const origin = httpUrl.transform((text, context) => {
  const { pathname, search, hash, username } = new URL(text);
  if (pathname === '/' && !search && !hash && !username) return text;
  context.addIssue('must be an origin, like http://127.0.0.1:5050, without a path');
  return z.NEVER;
});

/** With blanks or commas between them. */
export const addressRanges = z.string().transform((text, context) => {
  const ranges = text.split(/[\s,]+/).filter(Boolean);
  for (const range of ranges)
    if (!ipaddr.isValid(range) && !ipaddr.isValidCIDR(range))
      context.addIssue(`must be addresses or CIDR ranges, and "${range}" is neither`);
  return ranges;
});

/** As true or false. */
export const onOff = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off'], { error: (issue) => `must be "on" or "off", not "${String(issue.input)}"` })
    .default(fallback)
    .transform((value) => value === 'on');

/** The message never repeats it: it may hold a password. */
export const serverUrl = (...schemes: string[]) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
    error: `must be an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });

/** `name=value,name=value`, percent-encoded (W3C Baggage), as OpenTelemetry has lists. The message never repeats a value. */
export const pairs = z.string().transform((text, context) => {
  const found: Record<string, string> = {};
  for (const piece of text.split(',').filter((part) => part.trim())) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(piece.trim()) ?? [];
    try {
      if (name) found[decodeURIComponent(name.trim())] = decodeURIComponent(value.trim());
      else context.addIssue('must be name=value, with commas between them');
    } catch {
      context.addIssue(`has a value for "${name}" that is not percent-encoded`);
    }
  }
  return found;
});

/** A number of megabytes, as bytes. */
export const megabytes = (otherwise: number) =>
  z
    .string()
    .default(String(otherwise))
    .refine((text) => /^[1-9]\d{0,7}$/.test(text), 'must be a number of megabytes from 1 to 99999999')
    .transform((text) => Number(text) * 1024 ** 2);

/** A whole number within bounds. */
export const count = (otherwise: number, least: number, most: number) =>
  z
    .string()
    .default(String(otherwise))
    .refine(
      (text) => /^\d{1,8}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a number from ${least} to ${most}`,
    )
    .transform(Number);
