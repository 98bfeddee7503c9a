/** What a person sees while a run goes on. */
import { styleText } from 'node:util';
import { progressBar } from '@banyan/gateway/terminal/progress-bar.ts';
import type { Compared } from '../compared.ts';
import { divergenceLines, type Paint } from './terminal.ts';

/** In a terminal each try, elsewhere that it is being looked for: it takes up to half a minute. */
export function showSearch({ recording, index }: Compared): (attempt: number, exchanges: number) => void {
  const what = `Looking for the shortest sequence that shows ${recording} #${index + 1}`;
  return (attempt, exchanges) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${what}: try ${attempt}, ${exchanges} exchanges`);
    else if (attempt === 1) console.error(`${what} …`);
  };
}

/** Divergences as they are found, and how far it is. */
export function showCompared(exchanges: number, onlyPairs: boolean): (compared: Compared) => void {
  const live = process.stdout.isTTY;
  let replayed = 0;
  let recording = '';
  return (compared) => {
    if (!live && compared.recording !== recording) console.error(`Replaying ${compared.recording} …`);
    ({ recording } = compared);
    if (live) process.stdout.write('\r\x1b[K');
    if (compared.judgement.verdict === 'divergent' && !(onlyPairs && compared.pair === 'recording-legacy'))
      for (const line of divergenceLines(compared, paint)) console.log(line);
    if (compared.pair === 'recording-legacy') replayed += 1;
    if (live && replayed < exchanges)
      process.stdout.write(
        `${progressBar(replayed, exchanges)}  ${replayed} of ${exchanges} exchanges, ${compared.recording}`,
      );
  };
}

export function paint(style: Parameters<Paint>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
