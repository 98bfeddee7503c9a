/** Small files that no reader should survive unguarded, and a plain good one. */
import { constants, deflateRawSync, deflateSync } from 'node:zlib';

type Part = string | Uint8Array;

/** @param objects from number 1; the first is the catalog */
export function pdf(objects: readonly Part[][]): Buffer {
  const parts: Part[] = ['%PDF-1.7\n'];
  for (const [index, object] of objects.entries())
    parts.push(`${index + 1} 0 obj\n`, ...object, '\nendobj\n');
  parts.push(`trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n0\n%%EOF\n`);
  return Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1')));
}

export function stream(data: Part, extra = ''): Part[] {
  return [`<<${extra} /Length ${data.length}>>\nstream\n`, data, '\nendstream'];
}

const catalog: Part[] = ['<</Type /Catalog /Pages 2 0 R>>'];
const font = '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>';

/** One page whose content is object 4; further objects follow from 5. */
function onePage(content: Part[], resources = '', ...more: Part[][]): Buffer {
  const page = `<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F ${font}>> ${resources}>>>>`;
  return pdf([catalog, ['<</Type /Pages /Count 1 /Kids [3 0 R]>>'], [page], content, ...more]);
}

export const good = onePage(stream('BT /F 12 Tf 72 700 Td (All is well) Tj ET'));
export const zeroPages = pdf([catalog, ['<</Type /Pages /Count 0 /Kids []>>']]);

/** A deflated stream that is `megabytes` long when it is inflated twice; some kilobytes now. */
function bomb(prefix: string, byte: string, megabytes: number): Uint8Array {
  // Blocks that end on a byte can be repeated as they are.
  const block = deflateRawSync(byte.repeat(1024 * 1024), { finishFlush: constants.Z_FULL_FLUSH });
  const start = deflateRawSync(prefix, { finishFlush: constants.Z_FULL_FLUSH });
  const once = Buffer.concat([Buffer.from([0x78, 0x9c]), start, ...new Array<Buffer>(megabytes).fill(block)]);
  return deflateSync(once, { level: 9 });
}

const twice = '/Filter [/FlateDecode /FlateDecode]';

/** A string of 6 GB: a reader that keeps it whole has no memory left. */
export const stringBomb = onePage(stream(bomb('BT /F 12 Tf 72 700 Td (', 'a', 6 * 1024), twice));
/** A page of text, and 6 GB of blanks in its content: a reader that inflates it whole has no memory left. */
export const blankBomb = onePage(stream(bomb('BT /F 12 Tf 72 700 Td (Text) Tj ET ', ' ', 6 * 1024), twice));
/** A picture of 60,000 by 60,000 points on a page without text. */
export const pictureBomb = onePage(
  stream('q 595 0 0 842 0 0 cm /P Do Q'),
  '/XObject <</P 5 0 R>>',
  stream(
    bomb('', '\0', 4 * 1024),
    `/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8 ${twice}`,
  ),
);
/** A page of 14,400 by 14,400 points, which is 40,000 by 40,000 at 200 dots an inch. */
export const hugePage = pdf([
  catalog,
  ['<</Type /Pages /Count 1 /Kids [3 0 R]>>'],
  ['<</Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400]>>'],
]);

/** Forms that draw the next one ten times, twelve deep: 10^12 words. */
export const formHang = onePage(
  stream('/X Do'),
  '/XObject <</X 5 0 R>>',
  ...Array.from({ length: 12 }, (_, depth) =>
    stream(
      '/X Do '.repeat(10),
      `/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources <</XObject <</X ${depth + 6} 0 R>>>>`,
    ),
  ),
  stream(
    'BT /F 12 Tf (word) Tj ET',
    `/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources <</Font <</F ${font}>>>>`,
  ),
);

/** A font with a character map of 4,000 ranges of 2^32 codes, and widths for as many. */
export const fontHang = onePage(
  stream('BT /T 12 Tf 72 700 Td <00000001> Tj ET'),
  '/Font <</T 5 0 R>>',
  ['<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding 8 0 R /DescendantFonts [6 0 R] /ToUnicode 7 0 R>>'],
  [
    `<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /W [${'0 2147483647 500 '.repeat(4000)}]>>`,
  ],
  stream(cmap('beginbfrange <00000000> <ffffffff> <0041> endbfrange')),
  stream(cmap('begincidrange <00000000> <ffffffff> 0 endcidrange'), '/Type /CMap /CMapName /X'),
);

function cmap(range: string): string {
  return `begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange\n${`1 ${range}\n`.repeat(4000)}endcmap`;
}

/** Content that ends well after some minutes of reading. */
export const slowContent = onePage(stream(bomb('', 'q Q ', 600), twice));
