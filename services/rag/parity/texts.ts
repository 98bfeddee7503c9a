/** Texts of every kind, the same ones for the same seed: what people ask, what PDFs say, and what neither should. */
import { type Chance, chance } from '@banyan/operations/testing/random.ts';

const words = (
  'the of and to in is a that for it was on are as with his they at be this have from or had by warranty pump invoice ' +
  'payment quarterly revenue thermodynamics photosynthesis jurisdiction antidisestablishmentarianism naïve façade ' +
  'Zürich São señor Ångström coöperate resume résumé 2024 3.14 $1,200.00 50% e-mail user@example.com http://a.b/c?d=e ' +
  'C++ x86_64 O(n) [1] (see) "quoted" it’s can’t — … • ™ ½ ﬁ ﬂ'
).split(' ');
const scripts = [
  'Быстрая коричневая лиса прыгает через ленивую собаку',
  'Η γρήγορη καφέ αλεπού πηδάει ΠΑΝΩ ΑΠΟ ΤΟΝ ΤΕΜΠΕΛΗ ΣΚΥΛΟΣ',
  'الثعلب البني السريع يقفز فوق الكلب الكسول',
  'השועל החום המהיר קופץ מעל הכלב העצלן',
  'तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है',
  'สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ',
  '素早い茶色の狐がのろまな犬を飛び越える カタカナ',
  '敏捷的棕色狐狸跳过了懒狗 𠀀𠀁𪜀',
  '빠른 갈색 여우가 게으른 개를 뛰어넘는다',
  'Nhanh nhẹn con cáo nâu nhảy qua con chó lười',
  'İstanbul ıĞŞ ǅ ẞ Straße',
  '😀👩‍👩‍👧‍👦🏳️‍🌈 👍🏽 ☃️ ①②③',
];
const odd = [
  ...[
    '',
    ' ',
    '\t\n\r',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\ufeff',
    '\0',
    '\u0301',
    '\u00ad',
    '\u2028',
    '\x85',
    '\x1f',
  ],
  ...[
    '[SEP]',
    '[CLS]',
    '[MASK]',
    '[PAD]',
    '[UNK]',
    '[sep]',
    '##ing',
    '\ufffd',
    '\ufffe',
    'Σ',
    'ΑΣ',
    'Σ.',
    'ς',
  ],
  ...[
    'é',
    'e\u0301',
    'ﷺ',
    '㌀',
    '\u1100\u1161',
    'ꀀ',
    '\u{1f9ff}',
    '\u{e0041}',
    '\u{f0000}',
    '。',
    '、',
    '¿',
    '€',
  ],
];

/** One text for each of so many kinds, in turn. */
const kinds: readonly ((random: Chance) => string)[] = [
  (random) => `${sentence(random, 3, 12)}?`,
  (random) => sentence(random, 10, 60),
  (random) => random.of(scripts),
  (random) => some(random, 2, 5, () => random.of(scripts)).join(random.of([' ', '\n', '. '])),
  (random) => some(random, 1, 20, () => random.of([...odd, ...words])).join(random.of(['', ' ', ''])),
  (random) => some(random, 1, 40, () => codePoint(random)).join(random.of(['', '', ' '])),
  (random) =>
    `Table ${random.below(9)} on page ${random.below(99)}: Headers: ${cells(random)} ${cells(random)}`,
  // Around the hundred characters that a word may have.
  (random) =>
    `${'x'.repeat(95 + random.below(10))} ${'é'.repeat(random.below(150))} ${'𠀀'.repeat(random.below(60))}`,
];

/** Long ones take a tenth of a second each, so they are few: every fifteenth. */
const longKinds: readonly ((random: Chance) => string)[] = [
  // Around the 256 tokens that count.
  (random) => some(random, 245, 260, () => 'word').join(' '),
  (random) => sentence(random, 200, 1000),
  (random) => random.of(scripts).repeat(12),
  (random) => some(random, 250, 256, () => 'word').join(' ') + random.of(odd) + sentence(random, 1, 4),
];

/** @returns so many texts, well-formed ones all */
export function textsOfEveryKind(count: number, seed = 1): string[] {
  const random = chance(seed);
  return Array.from({ length: count }, (_, n) => {
    const [from, turn] = n % 15 === 14 ? [longKinds, Math.floor(n / 15)] : [kinds, n];
    return (from[turn % from.length]?.(random) ?? '').toWellFormed();
  });
}

function some<T>({ below }: Chance, least: number, most: number, make: () => T): T[] {
  return Array.from({ length: least + below(most - least + 1) }, make);
}

const sentence = (random: Chance, least: number, most: number) =>
  some(random, least, most, () => random.of(words)).join(' ');

const cells = (random: Chance) => some(random, 2, 6, () => random.of(words)).join(' | ');

function codePoint(random: Chance): string {
  const end = random.of([0x80, 0x250, 0x3000, 0x10000, 0x20000, 0x30000]);
  return String.fromCodePoint(random.below(end));
}
