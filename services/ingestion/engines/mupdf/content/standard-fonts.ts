/** The fourteen fonts that need not be embedded, and the names by which some are known as well. */
import { createRequire } from 'node:module';

export interface StandardFont {
  /** Thousandths. */
  descent: number;
  /** Thousandths, by character. */
  widths: Readonly<Record<string, number>>;
}

const { fonts, metrics } = createRequire(import.meta.url)('./data/standard-fonts.json') as {
  fonts: Record<string, number>;
  metrics: StandardFont[];
};

export function standardFont(baseFont: string): StandardFont | undefined {
  return Object.hasOwn(fonts, baseFont) ? metrics[fonts[baseFont] ?? -1] : undefined;
}
