/** Signs of something forgotten: listeners that pile up, rejections that nobody handles. */
import { expect, onTestFinished } from 'vitest';

/** From now on. @returns asserts that there were none */
export function watchWarnings(): () => void {
  const seen: string[] = [];
  const onWarning = (warning: Error) => seen.push(`${warning.name}: ${warning.message}`);
  const onRejection = (reason: unknown) => seen.push(`unhandled rejection: ${String(reason)}`);
  process.on('warning', onWarning);
  process.on('unhandledRejection', onRejection);
  onTestFinished(() => {
    process.off('warning', onWarning);
    process.off('unhandledRejection', onRejection);
  });
  return () => expect(seen).toEqual([]);
}
