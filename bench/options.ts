/** Options that the benchmarks share. */
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError */
export function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('must be a whole number from 1');
  return number;
}
