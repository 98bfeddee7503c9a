/** `werkzeug.http.parse_options_header`: a value and its parameters, RFC 2231 as Werkzeug understands it. */
import { strip, unquote } from './python-text.ts';

export interface OptionsHeader {
  value: string;
  /** Names in lower case. */
  options: Map<string, string>;
}

const name = /^([A-Za-z0-9_!#$%&'*+\-.^`|~]+)=/;
const token = /^[A-Za-z0-9_!#$%&'*+\-.^`|~]+/;
/** No apostrophe in charset and language: they end there. */
const charsetValue =
  /^([A-Za-z0-9_!#$%&*+\-.^`|~]*)'[A-Za-z0-9_!#$%&*+\-.^`|~]*'([A-Za-z0-9_!#$%&'*+\-.^`|~]+)/;
const continuation = /\*[0-9]+$/;

/** The charsets that Werkzeug decodes; values in others stay as they were sent. */
const decoders: Record<string, ((bytes: Uint8Array) => string) | undefined> = {
  ascii: ascii,
  'us-ascii': ascii,
  'utf-8': (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  'iso-8859-1': (bytes) => Buffer.from(bytes).toString('latin1'),
};

export function parseOptionsHeader(header: string): OptionsHeader {
  const semicolon = header.indexOf(';');
  const value = strip(semicolon === -1 ? header : header.slice(0, semicolon));
  const rest = semicolon === -1 ? '' : strip(header.slice(semicolon + 1));
  return { value, options: value && rest ? decoded(rawParameters(rest)) : new Map() };
}

/** Values still quoted and escaped; what is not `name=value` is passed over. */
function rawParameters(text: string): [name: string, value: string][] {
  const parameters: [string, string][] = [];
  for (let rest = text; ; ) {
    const found = name.exec(rest);
    if (found?.[1] !== undefined) {
      rest = rest.slice(found[0].length);
      const raw = token.exec(rest)?.[0] ?? quoted(rest);
      if (raw !== undefined) parameters.push([found[1].toLowerCase(), raw]);
      // A token is left in place: the next semicolon stands behind it. One inside quotes does not count.
      if (raw?.startsWith('"')) rest = rest.slice(raw.length);
    }
    const end = rest.indexOf(';');
    if (end === -1) return parameters;
    rest = stripStart(rest.slice(end + 1));
  }
}

/** From the quote at the start up to the one that closes it, or undefined. */
function quoted(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined;
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\' && (text[at + 1] === '\\' || text[at + 1] === '"')) at++;
    else if (text[at] === '"') return text.slice(0, at + 1);
  }
  return undefined;
}

function decoded(parameters: [string, string][]): Map<string, string> {
  const options = new Map<string, string>();
  // Both outlive the parameter they came with: in Werkzeug they do.
  let encoding = '';
  let continued = '';
  for (const [rawName, rawValue] of parameters) {
    let key = rawName;
    let value = rawValue;
    if (key.endsWith('*')) {
      key = key.slice(0, -1);
      const marked = charsetValue.exec(value);
      if (marked) [encoding, value] = [(marked[1] ?? '').toLowerCase(), marked[2] ?? ''];
      encoding ||= continued;
      const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
      if (decode) {
        continued = encoding;
        value = unquote(value, decode);
      }
    }
    if (value.startsWith('"') && value.endsWith('"')) value = unquoted(value);
    const part = continuation.exec(key);
    if (part) {
      const whole = key.slice(0, part.index);
      options.set(whole, (options.get(whole) ?? '') + value);
    } else options.set(key, value);
  }
  return options;
}

/** Backslashes as HTTP has them, then `%22` as browsers send it, in Werkzeug's order. */
function unquoted(value: string): string {
  return value.slice(1, -1).replaceAll('\\\\', '\\').replaceAll('\\"', '"').replaceAll('%22', '"');
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\x80-\xff]/g, '\ufffd');
}

function stripStart(text: string): string {
  // A character that is no blank keeps the end from being stripped.
  return strip(`${text}.`).slice(0, -1);
}
