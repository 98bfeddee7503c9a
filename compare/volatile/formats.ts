/** The formats of volatile values. */

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** As Python's `str(uuid.uuid4())` writes it. */
export function isUuid4(text: string): boolean {
  return uuid4.test(text);
}

/** `2026-01-31T09:15:00.123456Z`, a moment that exists. Times in this format sort as texts. */
export function isLocalTime(text: string): boolean {
  const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/.exec(text) ?? [];
  if (day === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
