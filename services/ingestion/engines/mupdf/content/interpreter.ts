/**
 * Runs content streams (ISO 32000-1, annex A) as pdfminer.six 20250506 does, which is what pdfplumber finds tables with:
 * no clipping, no layers, no colours; and its habits where they change positions.
 */
import type { PDFObject } from 'mupdf';
import type { Canvas, Segment } from './canvas.ts';
import { at, isEmpty, name, numbers } from './dictionary.ts';
import type { PdfFont } from './font.ts';
import { Keyword, Lexer, Name, type Operand } from './lexer.ts';
import { type Matrix, multiply, translate, unit } from './matrix.ts';
import { decodedStream } from './streams.ts';

/** Forms within forms; Python's stack ends about there. */
const deepest = 240;
/** Operands that no operator took; more than any operator takes. */
const mostOperands = 64;

export interface Content {
  bytes: Uint8Array;
  resources: PDFObject | undefined;
  ctm: Matrix;
}

export interface Surroundings {
  canvas: Canvas;
  /** @param spec null: a font that the page does not have */
  font(spec: PDFObject | null): PdfFont;
}

interface TextState {
  font: PdfFont | undefined;
  size: number;
  charSpace: number;
  wordSpace: number;
  /** Per cent. */
  scaling: number;
  leading: number;
  rise: number;
  matrix: Matrix;
  /** Where the next glyph goes, in text space. */
  x: number;
  y: number;
}

interface State {
  ctm: Matrix;
  text: TextState;
}

const freshText: TextState = {
  font: undefined,
  size: 0,
  charSpace: 0,
  wordSpace: 0,
  scaling: 100,
  leading: 0,
  rise: 0,
  matrix: unit,
  x: 0,
  y: 0,
};

type Action = (run: Run, operands: Operand[]) => void;

class Run {
  readonly saved: State[] = [];
  path: Segment[] = [];
  ctm: Matrix;
  text: TextState = { ...freshText };
  readonly content: Content;
  readonly around: Surroundings;
  readonly depth: number;

  constructor(content: Content, around: Surroundings, depth: number) {
    this.content = content;
    this.around = around;
    this.depth = depth;
    this.ctm = content.ctm;
  }

  paint(): void {
    this.around.canvas.path(this.path, this.ctm);
    this.path = [];
  }

  place(matrix: Matrix): void {
    this.text.matrix = matrix;
    this.text.x = 0;
    this.text.y = 0;
  }
}

/** Draws the content and the forms that it uses. */
export function interpret(content: Content, around: Surroundings, depth = 0): void {
  if (depth > deepest) throw new Error('forms are nested too deeply');
  const run = new Run(content, around, depth);
  const lexer = new Lexer(content.bytes);
  const operands: Operand[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
    if (!(token instanceof Keyword)) {
      operands.push(token);
      if (operands.length > mostOperands) operands.shift();
      continue;
    }
    if (token.word === 'ID') lexer.skipInlineImage();
    const operator = Object.hasOwn(operators, token.word) ? operators[token.word] : undefined;
    if (!operator) continue;
    const [count, action] = operator;
    const taken = count ? operands.splice(-count) : [];
    if (taken.length === count) action(run, taken);
  }
}

const numeric = (count: number, action: (run: Run, ...values: number[]) => void): [number, Action] => [
  count,
  (run, operands) => {
    if (operands.every((operand) => typeof operand === 'number')) action(run, ...operands);
  },
];

const text = (set: (state: TextState, value: number) => void) =>
  numeric(1, (run, value = 0) => set(run.text, value));

const segment = (operator: Segment['operator'], count: number) =>
  numeric(count, (run, ...values) => {
    run.path.push({ operator, end: [values.at(-2) ?? 0, values.at(-1) ?? 0] });
  });

const plain = (action: (run: Run) => void): [number, Action] => [0, action];

const close = (run: Run) => run.path.push({ operator: 'h', end: undefined });

const paint = plain((run) => run.paint());
const closeAndPaint = plain((run) => {
  close(run);
  run.paint();
});

/** Each operator that matters, with the number of its operands. `F` is not here: pdfminer does nothing at all for it. */
const operators: Readonly<Record<string, [count: number, action: Action]>> = {
  q: plain((run) => run.saved.push({ ctm: run.ctm, text: { ...run.text } })),
  Q: plain((run) => {
    const state = run.saved.pop();
    if (state) Object.assign(run, state);
  }),
  cm: numeric(6, (run, ...matrix) => {
    run.ctm = multiply(matrix as unknown as Matrix, run.ctm);
  }),
  m: segment('m', 2),
  l: segment('l', 2),
  c: segment('c', 6),
  v: segment('v', 4),
  y: segment('y', 4),
  h: plain(close),
  re: numeric(4, (run, x = 0, y = 0, width = 0, height = 0) => {
    run.path.push(
      { operator: 'm', end: [x, y] },
      { operator: 'l', end: [x + width, y] },
      { operator: 'l', end: [x + width, y + height] },
      { operator: 'l', end: [x, y + height] },
      { operator: 'h', end: undefined },
    );
  }),
  S: paint,
  s: closeAndPaint,
  f: paint,
  'f*': paint,
  B: paint,
  'B*': paint,
  b: closeAndPaint,
  'b*': closeAndPaint,
  n: plain((run) => {
    run.path = [];
  }),
  BT: plain((run) => run.place(unit)),
  Tc: text((state, value) => {
    state.charSpace = value;
  }),
  Tw: text((state, value) => {
    state.wordSpace = value;
  }),
  Tz: text((state, value) => {
    state.scaling = value;
  }),
  TL: text((state, value) => {
    state.leading = -value;
  }),
  Ts: text((state, value) => {
    state.rise = value;
  }),
  Tf: [2, (run, [font, size]) => selectFont(run, font, size)],
  Td: numeric(2, (run, x = 0, y = 0) => run.place(translate(run.text.matrix, x, y))),
  TD: numeric(2, (run, x = 0, y = 0) => {
    run.place(translate(run.text.matrix, x, y));
    run.text.leading = y;
  }),
  Tm: numeric(6, (run, ...matrix) => run.place(matrix as unknown as Matrix)),
  'T*': plain(nextLine),
  Tj: [1, (run, operands) => show(run, operands)],
  TJ: [1, (run, [sequence]) => show(run, Array.isArray(sequence) ? sequence : [])],
  "'": [
    1,
    (run, operands) => {
      nextLine(run);
      show(run, operands);
    },
  ],
  // pdfminer does not move to the next line for this one.
  '"': [
    3,
    (run, [wordSpace, charSpace, string]) => {
      if (typeof wordSpace === 'number') run.text.wordSpace = wordSpace;
      if (typeof charSpace === 'number') run.text.charSpace = charSpace;
      show(run, string === undefined ? [] : [string]);
    },
  ],
  Do: [1, (run, [form]) => drawForm(run, form)],
};

function nextLine(run: Run): void {
  const [a, b, c, d, e, f] = run.text.matrix;
  const { leading } = run.text;
  run.place([a, b, c, d, leading * c + e, leading * d + f]);
}

function selectFont(run: Run, font: Operand | undefined, size: Operand | undefined): void {
  if (!(font instanceof Name)) return;
  const spec = at(run.content.resources, 'Font', font.name);
  run.text.font = run.around.font(spec?.isDictionary() ? spec : null);
  if (typeof size === 'number') run.text.size = size;
}

/** Numbers move by thousandths; the spacing between two glyphs is not applied before the first one. */
function show(run: Run, sequence: readonly Operand[]): void {
  const { font, size, rise } = run.text;
  if (!font) return;
  const matrix = multiply(run.text.matrix, run.ctm);
  const scaling = run.text.scaling * 0.01;
  const charSpace = run.text.charSpace * scaling;
  const wordSpace = font.multibyte ? 0 : run.text.wordSpace * scaling;
  const thousandth = 0.001 * size * scaling;
  const axis = font.vertical ? 'y' : 'x';
  let spaced = false;
  for (const part of sequence) {
    if (typeof part === 'number') {
      run.text[axis] -= part * thousandth;
      spaced = true;
    } else if (part instanceof Uint8Array)
      for (const code of font.decode(part)) {
        if (spaced) run.text[axis] += charSpace;
        const place = translate(matrix, run.text.x, run.text.y);
        run.text[axis] += run.around.canvas.glyph({ font, code, matrix: place, size, scaling, rise });
        if (code === 32 && wordSpace) run.text[axis] += wordSpace;
        spaced = true;
      }
  }
}

function drawForm(run: Run, operand: Operand | undefined): void {
  if (!(operand instanceof Name)) return;
  const form = at(run.content.resources, 'XObject', operand.name);
  if (!form?.isStream() || name(at(form, 'Subtype')) !== 'Form' || !at(form, 'BBox')) return;
  const [given, box] = [at(form, 'Matrix'), at(form, 'BBox')];
  const matrix = given?.isArray() ? numbers(given) : unit;
  // Non-arrays count as empty ones for pdfminer, and it gives up the page for those.
  if (matrix?.length !== 6 || numbers(box)?.length !== 4)
    throw new Error('a form has a faulty box or matrix');
  const own = at(form, 'Resources');
  interpret(
    {
      bytes: decodedStream(form),
      resources: own?.isDictionary() && (own.isIndirect() || !isEmpty(own)) ? own : run.content.resources,
      ctm: multiply(matrix as unknown as Matrix, run.ctm),
    },
    run.around,
    run.depth + 1,
  );
}
