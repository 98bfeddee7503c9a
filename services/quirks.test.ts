import { expect, test } from 'vitest';
import { asLegacy, parseRetiredQuirks, quirkNames, quirksWithout } from './quirks.ts';

test("the table has the contract's quirks, in its order", () => {
  expect(quirkNames).toEqual([
    'deleted-pdf-still-retrieved',
    'deleted-chat-lingers',
    'invented-message-ids',
    'client-errors-as-500',
    'limits-count-finished-only',
    'source-name-sanitised',
    'local-time-as-utc',
  ]);
});

test('every quirk is reproduced unless it is retired', () => {
  for (const setting of [undefined, '', ' ', ',', ' , ']) {
    const quirks = parseRetiredQuirks(setting);
    expect(quirks).toEqual(asLegacy);
    expect(Object.values(quirks)).toEqual(quirkNames.map(() => true));
  }
});

test('retired ones are off and the others stay', () => {
  const quirks = parseRetiredQuirks(' local-time-as-utc,client-errors-as-500 ,');
  expect(quirks).toEqual(quirksWithout(['client-errors-as-500', 'local-time-as-utc']));
  expect(quirks['local-time-as-utc']).toBe(false);
  expect(quirks['client-errors-as-500']).toBe(false);
  expect(quirks['invented-message-ids']).toBe(true);
});

test('an unknown name is an error that lists it and the known ones', () => {
  expect(() => parseRetiredQuirks('local-time,local-time-as-utc,__proto__')).toThrow(
    `QUIRKS_RETIRED names no quirk: "local-time", "__proto__". Known are ${quirkNames.join(', ')}.`,
  );
});
