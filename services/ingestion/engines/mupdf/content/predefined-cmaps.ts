/**
 * Character maps that a reader has built in (ISO 32000-1, 9.7.5.2), by way of the encodings that they are made for: the
 * decoder gives the characters themselves instead of the collection's numbers. Widths by number are then not known, and
 * the font's default width is taken.
 */

const legacyEncodings: readonly [pattern: RegExp, encoding: string][] = [
  [/^(90ms|90msp|83pv|90pv|Add|Ext|78|78ms)-RKSJ-/, 'shift_jis'],
  [/^(EUC|78-EUC)-[HV]$/, 'euc-jp'],
  [/^(GBK|GBKp|GB|GBpc)-EUC-/, 'gbk'],
  [/^GBK2K-/, 'gb18030'],
  [/^(B5pc|ETen-B5|ETenms-B5|HKscs-B5|ETHK-B5)-/, 'big5'],
  [/^(KSC-EUC|KSCms-UHC|KSCms-UHC-HW|KSCpc-EUC)-/, 'euc-kr'],
];

/** @returns undefined for a map that is not known */
export function predefinedDecoder(cmap: string): ((bytes: Uint8Array) => Iterable<number>) | undefined {
  const encoding = /^Uni(GB|CNS|JIS|KS|JISX0213|JIS2004)-(UCS2|UTF16)-/.test(cmap)
    ? 'utf-16be'
    : legacyEncodings.find(([pattern]) => pattern.test(cmap))?.[1];
  if (!encoding) return undefined;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes) => Array.from(decoder.decode(bytes), (character) => character.codePointAt(0) ?? 0);
}
