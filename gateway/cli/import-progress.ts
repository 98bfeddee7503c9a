/** How far an import is: a bar on a terminal, a line now and then elsewhere. */
import type { ImportProgress } from '../import.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import type { CliContext } from './context.ts';

/** Elsewhere: a line for each so many percent. */
const step = 10;

export interface ShownProgress {
  show(progress: ImportProgress): void;
  /** Takes the bar away. */
  end(): void;
}

/**
 * @param counts what is counted: `chats`
 * @param lines whether plain lines may be printed; they go to the error output, so that a report stands alone
 */
export function importProgress(
  { isTerminal, progress, report }: Pick<CliContext, 'isTerminal' | 'progress' | 'report'>,
  { counts: things, lines }: { counts: string; lines: boolean },
): ShownProgress {
  let last = '';
  const reportChange = (line: string, key = line) => {
    if (key !== last && lines) report(line);
    last = key;
  };
  return {
    show({ stage, done, total }) {
      if (stage !== 'importing') {
        if (isTerminal) progress(`${stage} …`);
        else reportChange(`${stage} …`);
        return;
      }
      const counts = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${things}`;
      if (isTerminal) progress(`importing ${progressBar(done, total)}  ${counts}`);
      else reportChange(`importing: ${counts}`, `importing ${Math.floor((100 * done) / total / step)}`);
    },
    end: () => progress(''),
  };
}
