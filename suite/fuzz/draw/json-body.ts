/** JSON bodies with the fields that a route knows, in every state of repair. */
import fc from 'fast-check';
import { encodings } from './encodings.ts';

/** A field's good values. */
export type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** @param leaveOut which values are never sent; a text that `JSON.parse` refuses is sent in any case */
export function jsonBodies(
  fields: Fields,
  leaveOut: (value: unknown) => boolean = () => false,
): fc.Arbitrary<Buffer> {
  const good = goodTexts(fields);
  const texts = fc.oneof(
    { weight: 14, arbitrary: good },
    { weight: 3, arbitrary: wrongValues(fields) },
    { weight: 2, arbitrary: oddMembers(fields) },
    { weight: 1, arbitrary: fc.constantFrom(...notObjects) },
    { weight: 4, arbitrary: broken(good) },
    { weight: 1, arbitrary: fc.constantFrom(...brokenTexts(Object.keys(fields)[0] ?? 'a')) },
  );
  const sent = texts.filter((text) => !isLeftOut(text, leaveOut));
  return fc.tuple(sent, encodings).map(([text, encode]) => encode(text));
}

function isLeftOut(text: string, leaveOut: (value: unknown) => boolean): boolean {
  try {
    return leaveOut(JSON.parse(text));
  } catch {
    return false;
  }
}

/** The members in any order, in any layout, written with escapes or without. */
function goodTexts(fields: Fields): fc.Arbitrary<string> {
  return fc
    .tuple(fc.record(fields), fc.constantFrom(0, 2, '\t'), fc.boolean())
    .map(([value, indent, ascii]) => written(value, indent, ascii));
}

function written(value: unknown, indent: number | string, ascii: boolean): string {
  const text = JSON.stringify(value, null, indent);
  if (!ascii) return text;
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const long = (text: string, times: number) => text.repeat(times);

/** Lexemes that stand where a text should. */
const wrongLexemes = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1.5',
  '1E400',
  '-1e-400',
  '12345678901234567890123',
  'NaN',
  'Infinity',
  '-Infinity',
  '[]',
  '{}',
  '["a", 1]',
  '{"title": "nested", "message": "nested"}',
  '"\\u0061\\/\\b\\f\\n\\r\\t"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\ude00\\ud83d"',
  '"\\ud83d\\u0041"',
  '"\\u0000"',
  long('9', 5000),
  `${long('[', 200)}${long(']', 200)}`,
];

function wrongValues(fields: Fields): fc.Arbitrary<string> {
  const names = fc.constantFrom(...Object.keys(fields), 'other');
  return fc.tuple(names, fc.constantFrom(...wrongLexemes)).map(([name, lexeme]) => `{"${name}": ${lexeme}}`);
}

function oddMembers(fields: Fields): fc.Arbitrary<string> {
  return fc
    .tuple(fc.record(fields), fc.record(fields), fc.nat({ max: 5 }))
    .map(([first, second, which]): string => {
      const members = (value: object) => JSON.stringify(value).slice(1, -1);
      const [one, two] = [members(first), members(second)];
      const upper = one.replace(/^"./, (start) => start.toUpperCase());
      const choices = [
        '{}',
        `{${[one, two].filter(Boolean).join(',')}}`,
        `{"extra": [1, {"deep": null}]${one && `,${one}`}}`,
        `{${upper}}`,
        `{${one.replace(/^"(.)/, (_, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`)}}`,
        `\n\t {${one}} \r\n`,
      ];
      return choices[which] ?? '{}';
    });
}

const notObjects = [
  '',
  ' ',
  '\n',
  'null',
  'true',
  '0',
  '1.5e3',
  'NaN',
  '"text"',
  '[]',
  '[{"title": "in a list", "message": "in a list"}]',
];

/** A good text with a character too many, too few, or another one. */
function broken(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const intruder = fc.constantFrom(...'{}[]",:\\\'0-+.eEnutx \n\t\r\0\x1f\xa0é', '😀', '\ufeff', '//', ',]');
  return fc
    .tuple(good, fc.nat({ max: 60 }), intruder, fc.constantFrom('cut', 'insert', 'drop', 'replace', 'append'))
    .map(([text, place, character, how]) => {
      const at = text.length === 0 ? 0 : place % text.length;
      if (how === 'cut') return text.slice(0, at);
      if (how === 'append') return text + character;
      return (
        text.slice(0, at) + (how === 'drop' ? '' : character) + text.slice(how === 'insert' ? at : at + 1)
      );
    });
}

const brokenTexts = (name: string): string[] => [
  `{'${name}': 'x'}`,
  `{${name}: "x"}`,
  `{"${name}": "x",}`,
  `{"${name}" "x"}`,
  `{"${name}": "x"} {}`,
  `{"${name}": "x"}//`,
  `/* */{"${name}": "x"}`,
  `{"${name}": "line\nfeed"}`,
  `{"${name}": "\\x41"}`,
  `{"${name}": "\\u12"}`,
  `{"${name}": "\\u12G4"}`,
  `{"${name}": 01}`,
  `{"${name}": +1}`,
  `{"${name}": .5}`,
  `{"${name}": 1.}`,
  `{"${name}": 1e}`,
  `{"${name}": -}`,
  `{"${name}": nul}`,
  `{"${name}": tru`,
  `{"${name}": NaNa}`,
  `{"${name}": undefined}`,
  `{"${name}":`,
  `{"${name}"`,
  '{"',
  '{',
  '[1,',
  '[1 2]',
  '{"a": 1 "b": 2}',
  '{1: 2}',
  '\u0000',
  long('[', 3000),
  long('{"a":', 3000),
  `${long('\n', 70)}x`,
];
