/** A report as an application words it, for the terminal. */
import type { CliContext } from './context.ts';
import { wrap } from './table.ts';

export interface ReportLine {
  text: string;
  /** Columns; none unless told. */
  indent?: number;
  tone?: 'strong' | 'good' | 'warning' | 'bad' | 'faint';
  /** What becomes of a line that is too long; it is left as it is unless told. */
  fit?: 'wrap' | 'cut';
}

const styles = { strong: 'bold', good: 'green', warning: 'yellow', bad: 'red', faint: 'dim' } as const;

export function reportLines(
  lines: readonly ReportLine[],
  { width, style }: Pick<CliContext, 'width' | 'style'>,
): string[] {
  return lines.flatMap(({ text, indent = 0, tone, fit }) => {
    const space = ' '.repeat(indent);
    const shown = printable(text);
    const fitted =
      fit === 'wrap'
        ? wrap(shown, width - indent).map((line) => space + line)
        : [fit === 'cut' ? cut(space + shown, width) : space + shown];
    return fitted.map((line) => (tone ? style(styles[tone], line) : line));
  });
}

const cut = (line: string, width: number) => (line.length > width ? `${line.slice(0, width - 1)}…` : line);

/** Ids and titles are anybody's: nothing in them reaches the terminal as a command. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cs}]/gu, '�');
