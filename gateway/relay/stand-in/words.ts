/** The words of a text in a form in which they can be compared: case, accents and common endings taken away. */

/** Scripts that put no spaces between words are compared by pairs of characters. */
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const runs = new RegExp(
  `${spaceless.source}[\\p{M}${spaceless.source.slice(1)}*|[\\p{L}\\p{N}\\p{M}]+`,
  'gu',
);

/** Words that every text has and no question is about. */
const stopWords = new Set(
  (
    'a an and any are as at be been but by can could did do does for from had has have how i if in into is it its ' +
    'me my of on or our please s should show so t tell than that the their them then there these they this those to ' +
    'us was we were what when where which who whom whose why will with would you your about'
  ).split(' '),
);

/** Endings of English words, the first that fits; other languages lose little by them, as both sides are cut alike. */
const plurals: [RegExp, string][] = [
  [/(?<=\p{L}{2})ies$/u, 'y'],
  [/sses$/, 'ss'],
  [/(?<=\p{L}{2}[^s\P{L}])s$/u, ''],
];
const verbEndings = /(?<=\p{L}{3})(?:ation|ating|ated|ing|ed|ate|ly|e)$/u;
const doubled = /([bdgmnprt])\1$/;

/** In the order of the text, with repetitions. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toLowerCase();
  return (plain.match(runs) ?? []).flatMap((run) => (spaceless.test(run) ? pairs(run) : stemOf(run)));
}

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}

function stemOf(word: string): string[] {
  if (stopWords.has(word)) return [];
  const plural = plurals.find(([ending]) => ending.test(word));
  const singular = plural ? word.replace(...plural) : word;
  const stem = singular.replace(verbEndings, '');
  return [stem === singular ? stem : stem.replace(doubled, '$1')];
}
