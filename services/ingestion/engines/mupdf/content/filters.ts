/** Filters of streams (ISO 32000-1, 7.4) as pdfminer 20250506 reads them. Each throws where pdfminer does. */

/** Python's `\s`, in bytes. */
const isBlank = (byte: number | undefined) =>
  byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

const latin1 = (data: Uint8Array) =>
  Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1');

export function decodeAscii85(data: Uint8Array): Uint8Array {
  const text = latin1(data)
    .replace(/^[ \t-\r]*<?[ \t-\r]*~[ \t-\r]*/, '')
    .replace(/[ \t-\r]*~[ \t-\r]*>?[ \t-\r]*$/, '');
  const out: number[] = [];
  let group: number[] = [];
  for (const character of `${text}uuuu`) {
    const code = character.charCodeAt(0);
    if (code >= 0x21 && code <= 0x75) {
      group.push(code - 0x21);
      if (group.length < 5) continue;
      const value = group.reduce((sum, digit) => sum * 85 + digit, 0);
      if (value > 0xffffffff) throw new Error('a group of ASCII85 is too large');
      out.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
      group = [];
    } else if (character === 'z') {
      if (group.length) throw new Error('z inside a group of ASCII85');
      out.push(0, 0, 0, 0);
    } else if (!' \t\n\r\v'.includes(character)) throw new Error('not a digit of ASCII85');
  }
  const padding = 4 - group.length;
  return Uint8Array.from(padding ? out.slice(0, -padding) : out);
}

export function decodeAsciiHex(data: Uint8Array): Uint8Array {
  let digits = latin1(data.filter((byte) => !isBlank(byte)));
  const end = digits.indexOf('>');
  if (end >= 0) digits = digits.slice(0, end) + (end % 2 ? '0' : '');
  if (digits.length % 2 || /[^0-9a-fA-F]/.test(digits)) throw new Error('not hexadecimal');
  return Buffer.from(digits, 'hex');
}

export function decodeRunLength(data: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let position = 0; position < data.length; ) {
    const length = data[position] ?? 128;
    position++;
    if (length === 128) break;
    const [taken, times] = length < 128 ? [length + 1, 1] : [1, 257 - length];
    if (position + taken > data.length) throw new Error('a run is cut off');
    for (let time = 0; time < times; time++)
      for (let i = 0; i < taken; i++) out.push(data[position + i] ?? 0);
    position += taken;
  }
  return Uint8Array.from(out);
}

const clearTable = 256;
const endOfData = 257;
/** The table's length at which codes take another bit. */
const wider = new Map([
  [511, 10],
  [1023, 11],
  [2047, 12],
]);

export function decodeLzw(data: Uint8Array): Uint8Array {
  const out: Uint8Array[] = [];
  let table: (Uint8Array | undefined)[] = [];
  let previous: Uint8Array | undefined;
  let width = 9;
  for (let bit = 0; bit + width <= data.length * 8; ) {
    const code = bitsAt(data, bit, width);
    bit += width;
    if (code === clearTable) {
      table = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), undefined, undefined];
      previous = undefined;
      width = 9;
    } else if (code !== endOfData) {
      const entry: Uint8Array | undefined = entryOf(code, table, previous);
      // Data after a fault are ignored.
      if (!entry && previous && code > table.length) break;
      if (!entry) throw new Error(`there is no LZW code ${code}`);
      if (previous) {
        table.push(Uint8Array.of(...previous, entry[0] ?? 0));
        width = wider.get(table.length) ?? width;
      }
      previous = entry;
      out.push(entry);
    }
  }
  return Buffer.concat(out);
}

function entryOf(
  code: number,
  table: (Uint8Array | undefined)[],
  previous: Uint8Array | undefined,
): Uint8Array | undefined {
  if (previous && code === table.length) return Uint8Array.of(...previous, previous[0] ?? 0);
  return table[code];
}

function bitsAt(data: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let bit = start; bit < start + count; bit++)
    value = (value << 1) | (((data[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}
