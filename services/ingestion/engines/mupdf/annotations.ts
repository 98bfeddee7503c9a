/**
 * Annotations and form fields as part of a page's content. PyMuPDF draws the content, then the annotations, then the
 * fields into one text device: a line may begin in one and go on in the next, and nothing is left out for being beyond an
 * appearance's box. The module's public calls read the content alone, so appearances are drawn by the content here, for
 * the time of one reading.
 */
import type { PDFAnnotation, PDFDocument, PDFObject, PDFPage } from 'mupdf';
import { at, number, numbers } from './content/dictionary.ts';

/** ISO 32000-1, 12.5.3. */
const invisible = 1;
const hidden = 2;
const noView = 32;

/** Larger than a page can be: nothing is clipped. */
const everywhere = [-1e6, -1e6, 1e6, 1e6];

export interface Appearance {
  /** A form XObject. */
  form: PDFObject;
  /** Puts it where its annotation is. */
  matrix: readonly number[];
}

/** Appearances that go on after each other, or the text of an annotation that MuPDF has to draw by itself. */
export type Part = Appearance[] | string;

/**
 * What is drawn after the page's content, in order. The first part is a list, which may be empty.
 * @param textOf draws an annotation by itself; called now, as the appearances that MuPDF makes are lost with any change
 */
export function partsOf(page: PDFPage, textOf: (annotation: PDFAnnotation) => string): Part[] {
  let last: Appearance[] = [];
  const parts: Part[] = [last];
  for (const annotation of [...page.getAnnotations(), ...page.getWidgets()]) {
    const object = annotation.getObject();
    if (isUnseen(object)) continue;
    const appearance = isForMupdf(object) ? undefined : appearanceOf(object);
    if (appearance) last.push(appearance);
    else {
      last = [];
      parts.push(textOf(annotation), last);
    }
  }
  return parts;
}

/** MuPDF decides whether a layer is on, and draws signature fields anew that nobody has signed. */
function isForMupdf(annotation: PDFObject): boolean {
  return at(annotation, 'OC') !== undefined || annotation.getInheritable('FT').toString() === '/Sig';
}

function isUnseen(annotation: PDFObject): boolean {
  const flags = number(at(annotation, 'F')) ?? 0;
  return (flags & (invisible | hidden | noView)) !== 0 || at(annotation, 'Subtype')?.toString() === '/Popup';
}

/** @returns undefined where the file has none for the annotation's state: MuPDF may make one */
function appearanceOf(annotation: PDFObject): Appearance | undefined {
  const normal = at(annotation, 'AP', 'N');
  const state = at(annotation, 'AS');
  const form = normal?.isStream() ? normal : state?.isName() ? at(normal, state.asName()) : undefined;
  if (!form?.isStream()) return undefined;
  const rectangle = numbers(at(annotation, 'Rect'));
  const box = numbers(at(form, 'BBox'));
  if (rectangle?.length !== 4 || box?.length !== 4) return undefined;
  return { form, matrix: placed(rectangle, transformed(box, numbers(at(form, 'Matrix')))) };
}

/** The matrix that stretches one box to the other (ISO 32000-1, algorithm 8.1). */
function placed(to: number[], from: number[]): number[] {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = upright(to);
  const [fromX = 0, fromY = 0, untilX = 0, untilY = 0] = from;
  const width = untilX === fromX ? 0 : (x1 - x0) / (untilX - fromX);
  const height = untilY === fromY ? 0 : (y1 - y0) / (untilY - fromY);
  return [width, 0, 0, height, x0 - fromX * width, y0 - fromY * height];
}

function transformed(box: number[], matrix: number[] | undefined): number[] {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix?.length === 6 ? matrix : [];
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
  const corners = [
    [x0, y0],
    [x1, y0],
    [x0, y1],
    [x1, y1],
  ].map(([x = 0, y = 0]) => [a * x + c * y + e, b * x + d * y + f] as const);
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function upright([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: number[]): number[] {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}

/**
 * Reads the page while its content is its own, as a form of its own so that no graphics state leaks from it, and the
 * appearances; the page is afterwards as it was.
 * @param withContent false: the appearances alone
 */
export function drawn<T>(
  document: PDFDocument,
  page: PDFPage,
  appearances: readonly Appearance[],
  withContent: boolean,
  read: () => T,
): T {
  const object = page.getObject();
  const before = ['Contents', 'Resources'].map((key) => [key, ownValue(object, key)] as const);
  const added: PDFObject[] = [];
  const add = (bytes: string | Uint8Array, entries: object) => {
    const stream = document.addStream(bytes, entries);
    added.push(stream);
    return stream;
  };
  try {
    const forms: Record<string, PDFObject> = {};
    const calls: string[] = [];
    if (withContent) {
      const resources = object.getInheritable('Resources');
      const own = { Type: 'XObject', Subtype: document.newName('Form'), BBox: everywhere };
      forms.Page = add(
        contentOf(at(object, 'Contents')),
        resources.isNull() ? own : { ...own, Resources: resources },
      );
      calls.push('/Page Do');
    }
    for (const [index, { form, matrix }] of appearances.entries()) {
      forms[`A${index}`] = form;
      calls.push(`q ${matrix.map((value) => value.toFixed(7)).join(' ')} cm /A${index} Do Q`);
    }
    object.put('Contents', add(calls.join('\n'), {}));
    object.put('Resources', { XObject: forms });
    return read();
  } finally {
    for (const [key, value] of before)
      if (value) object.put(key, value);
      else object.delete(key);
    for (const stream of added) document.deleteObject(stream);
  }
}

/** Not the one that it inherits. */
function ownValue(dictionary: PDFObject, key: string): PDFObject | undefined {
  const value = dictionary.get(key);
  return value.isNull() ? undefined : value;
}

/** All of a page's streams, a line end after each. */
function contentOf(contents: PDFObject | undefined): Uint8Array {
  const streams = contents?.isArray()
    ? Array.from({ length: contents.length }, (_, index) => at(contents, index))
    : [contents];
  return Buffer.concat(
    streams.flatMap((stream) =>
      stream?.isStream() ? [stream.readStream().asUint8Array(), Uint8Array.of(0x0a)] : [],
    ),
  );
}
