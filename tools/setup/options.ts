/** Options of the commands that the repository itself is worked with: `npm run NAME -- …`. */
import { Command, InvalidArgumentError } from 'commander';

/**
 * A command that tells its options with `--help`, and ends with 2 where they are wrong, having said what is.
 * @param codes what its exit codes mean
 */
export function npmCommand(name: string, description: string, codes = ''): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .addHelpText('after', codes && `\nExit codes: ${codes}; 2 it could not run.`)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** @throws InvalidArgumentError */
export function positive(text: string): number {
  return atLeast(1, text);
}

/** @throws InvalidArgumentError */
export function fromZero(text: string): number {
  return atLeast(0, text);
}

function atLeast(least: number, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < least)
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
  return number;
}
