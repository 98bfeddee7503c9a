/** The frame that the suite's commands run in. */
import { UsageError } from './usage-error.ts';

/** Runs a command to its exit code: the command's own, or 2 and what is wrong, where it cannot run. */
export async function runCommand(usage: string, run: () => Promise<number>): Promise<void> {
  // A zone with an odd offset, so that a time in UTC cannot pass for a local one.
  process.env.TZ ||= 'Asia/Kathmandu';
  try {
    process.exitCode = await run();
  } catch (error) {
    const { message } = error as Error;
    console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
    process.exitCode = 2;
  }
}
