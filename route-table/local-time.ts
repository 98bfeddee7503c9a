/**
 * A moment as `local-microseconds-z` writes it: local wall time with six digits and a `Z`. Such times sort as texts.
 * @param milliseconds since 1970
 */
export function localTime(milliseconds: number): string {
  const at = new Date(milliseconds);
  const two = (number: number) => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(':');
  return `${date}T${time}.${String(at.getMilliseconds()).padStart(3, '0')}000Z`;
}

/** The moment that such a time says, in milliseconds; NaN for another text. */
export const momentOf = (time: string): number => new Date(time.replace(/Z$/, '')).getTime();

/** What such a time says, read as if it were UTC, in milliseconds: comparable with other times of the same clock, whatever its zone. */
export const writtenMoment = (time: string): number => Date.parse(time);
