/** What a person is told who writes a word that is not a mode. */
import { modeNames } from '../continuity/protocol/modes.ts';
import { suggestion } from './nearest.ts';

/** The modes as a sentence lists them. */
export const modeList = '`legacy`, `shadow`, `canary:10%`, `new` or `complete`';

/** Says why a word is not a mode. */
export function unknownMode(word: string): string {
  if (/^canary\b/.test(word))
    return `A canary needs its share, from 0.1% to 99.9%: \`canary:10%\`, not \`${word}\`.`;
  return `\`${word}\` is not a mode${suggestion(word, modeNames) || `; write ${modeList}.`}`;
}
