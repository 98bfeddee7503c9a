/** A page's box and rotation, with the checks that pdfplumber makes of every page before it reads the first one. */
import type { PDFDocument, PDFObject } from 'mupdf';
import { at, number, numbers } from './dictionary.ts';

export interface Frame {
  box: readonly [x0: number, y0: number, x1: number, y1: number];
  /** The one that pdfminer takes for the content: another one only where the file's has more than four numbers. */
  boxOfContent: Frame['box'];
  /** Degrees from 0 to 359, by which pdfminer turns the content. */
  rotation: number;
  /** By which pdfplumber turns the boxes; another one only where the file has a real number. */
  rotationOfBoxes: number;
}

const usLetter = [0, 0, 612, 792] as const;

/** @throws Error where pdfplumber gives up the file: then there are no tables, on other pages neither */
export function checkFrames(document: PDFDocument): void {
  for (let index = 0; index < document.countPages(); index++) frameOf(document.findPage(index));
}

/** @throws Error for a missing or faulty MediaBox, another faulty box, a rotation that is no number */
export function frameOf(page: PDFObject): Frame {
  const media = page.getInheritable('MediaBox');
  const box = firstFour(media);
  if (!box) throw new Error('the page has no MediaBox');
  for (const [name, object] of [
    ['CropBox', page.getInheritable('CropBox')],
    ...['TrimBox', 'BleedBox', 'ArtBox'].map((key) => [key, at(page, key)] as const),
  ] as const)
    if (object && !object.isNull() && !firstFour(object)) throw new Error(`the page has a faulty ${name}`);
  const boxOfContent = media.length === 4 ? box : usLetter;
  return { box, boxOfContent, ...rotationsOf(page.getInheritable('Rotate')) };
}

/** More numbers than four are allowed. */
function firstFour(object: PDFObject): Frame['box'] | undefined {
  const [x0, y0, x1, y1] = numbers(object) ?? [];
  return x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined
    ? undefined
    : [x0, y0, x1, y1];
}

function rotationsOf(rotate: PDFObject): Pick<Frame, 'rotation' | 'rotationOfBoxes'> {
  if (rotate.isNull()) return { rotation: 0, rotationOfBoxes: 0 };
  const degrees = number(rotate);
  if (degrees === undefined) throw new Error('the page has a faulty rotation');
  const rotationOfBoxes = ((degrees % 360) + 360) % 360;
  return { rotation: rotate.isInteger() ? rotationOfBoxes : 0, rotationOfBoxes };
}
