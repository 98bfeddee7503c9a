/** Splits text into sentences, in any script, without a locale: the result must not depend on the machine. */

/** A table has no sentences; a run of words longer than this is cut. */
const LONGEST = 60;

/** Latin, Greek and Cyrillic end a sentence with a mark and a space; the marks of CJK scripts need no space. */
const boundary = /(?<=[.!?…؟।॥።][)\]"'”’»]*)\s+|(?<=[。！？｡][」』）”]*)(?![」』）”])\s*/u;

const abbreviation =
  /(?:^|[\s(])(?:\p{L}|\p{L}\.\p{L}|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|Vol|pp|vs|etc|approx|cf|al|bzw|ca|z\.B|\d{1,2})\.$/u;

export function sentencesOf(text: string): string[] {
  const pieces = text
    .replace(/\s+/gu, ' ')
    .split(boundary)
    .filter((piece) => piece.trim() !== '');
  return joined(pieces).flatMap(cut);
}

/** Puts back together what was split after an abbreviation or a number, or before what cannot begin a sentence. */
function joined(pieces: string[]): string[] {
  const sentences: string[] = [];
  for (const piece of pieces) {
    const before = sentences.at(-1);
    if (before !== undefined && (abbreviation.test(before) || /^\p{Ll}/u.test(piece)))
      sentences[sentences.length - 1] = `${before} ${piece}`;
    else sentences.push(piece.trim());
  }
  return sentences;
}

function cut(sentence: string): string[] {
  const words = sentence.split(' ');
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += LONGEST) pieces.push(words.slice(at, at + LONGEST).join(' '));
  return pieces;
}
