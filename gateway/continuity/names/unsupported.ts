/**
 * Ids that are not of the format that the route table declares. Banyan maps none of them: a backend that counts its ids gives
 * the same number to another thing than the other backend does.
 */
import { isUuid4 } from '@banyan/compare/volatile/formats.ts';
import type { BackendName, IdField, JsonPlace, Route } from '@banyan/route-table/route-table.ts';
import { isJson } from '../answers/headers.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import type { Known } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';

export interface UnsupportedId {
  kind: string;
  role: IdField['role'];
  at: JsonPlace;
  format: IdField['format'];
  /** Undefined: the answer has no such place. */
  value: unknown;
}

const formats: Readonly<Record<IdField['format'], (text: string) => boolean>> = { uuid4: isUuid4 };

/** Whether a value is an id of the declared format: a text of that format, never a number. */
const isOfFormat = ({ format }: Pick<IdField, 'format'>, value: unknown): value is string =>
  typeof value === 'string' && formats[format](value);

interface TwoNames {
  publicId: string;
  legacyId: string;
}

/** Whether both backends' names are of the format, so that one can stand for the other. */
export const isMappable = (field: Pick<IdField, 'format'>, { publicId, legacyId }: TwoNames): boolean =>
  isOfFormat(field, publicId) && isOfFormat(field, legacyId);

/** Whether an answer tells of an effect; a redirect makes nothing. */
export const isSuccess = ({ status }: Pick<StoredAnswer, 'status'>): boolean => status >= 200 && status < 300;

/** Whether the answer is JSON as it stands, so that what it lacks is lacking. A client can ask for other encodings. */
export function isReadable({
  status,
  rawHeaders,
  body,
}: Omit<StoredAnswer, 'body'> & { body?: unknown }): boolean {
  const isEncoded = rawHeaders.some(
    (name, i) => i % 2 === 0 && /^content-encoding$/i.test(name) && rawHeaders[i + 1] !== 'identity',
  );
  if (isEncoded || status === 206) return false;
  return isJson(rawHeaders) || (body instanceof Uint8Array && body.byteLength === 0);
}

/** Ids that the answer should name as made and does not, or not in the format. @param answer as JSON */
export function unsupportedMade(route: Pick<Route, 'ids'>, answer: unknown): UnsupportedId[] {
  return responseFields(route, 'made').flatMap(({ field, at }) => {
    const values = readPlace(answer, at);
    // A list of what was made may be empty.
    const found = values.length === 0 && !at.includes('[*]') ? [undefined] : values;
    return found.filter((value) => !isOfFormat(field, value)).map((value) => unsupported(field, at, value));
  });
}

/** Ids of things that were made before, where the answer has any in another format. @param answer as JSON */
export function unsupportedUsed(route: Pick<Route, 'ids'>, answer: unknown): UnsupportedId[] {
  return responseFields(route, 'used').flatMap(({ field, at }) =>
    readPlace(answer, at)
      .filter((value) => isIdLike(value) && !isOfFormat(field, value))
      .map((value) => unsupported(field, at, value)),
  );
}

/** Ids of another format that a request names, in its path or its body, as texts. */
export function unsupportedNamed(
  { ids }: Pick<Route, 'ids'>,
  { params, request }: Pick<Known, 'params' | 'request'>,
): { kind: string; id: string }[] {
  return ids.flatMap((field) => {
    const { kind, place } = field;
    if (place.in === 'response') return [];
    const values = place.in === 'path' ? [params[place.name]] : readPlace(request, place.at);
    return values
      .filter((value) => isIdLike(value) && !isOfFormat(field, value))
      .map((value) => ({ kind, id: String(value) }));
  });
}

/**
 * Whether all that an entry has made is named in the format: otherwise the other side cannot be given it. A probe may have
 * settled it and learned no id at all; then the other side's name for it is the only one.
 */
export function makesOnlySupported(
  route: Pick<Route, 'ids'>,
  { answer, learned }: { answer: StoredAnswer | undefined; learned: unknown },
): boolean {
  if (answer) return !isSuccess(answer) || unsupportedMade(route, parseBody(answer.body)).length === 0;
  return unsupportedMade(route, learned).every(({ value }) => value === undefined);
}

const isIdLike = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

function responseFields({ ids }: Pick<Route, 'ids'>, role: IdField['role']) {
  return ids.flatMap((field) =>
    field.role === role && field.place.in === 'response' ? [{ field, at: field.place.at }] : [],
  );
}

const unsupported = ({ kind, role, format }: IdField, at: JsonPlace, value: unknown): UnsupportedId => ({
  kind,
  role,
  at,
  format,
  value,
});

/** For people: `legacy: $.id should be a uuid4 and is the number 17`. A text is shortened, as it may be a secret. */
export function described(backend: BackendName, { at, format, value }: UnsupportedId): string {
  return `${backend}: ${at} should be a ${format} and is ${shape(value)}`;
}

function shape(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return `the number ${String(value).slice(0, 20)}`;
  if (typeof value !== 'string') return value === null ? 'null' : `of type ${typeof value}`;
  const text = /^\d{1,20}$/.test(value) ? value : `${value.replace(/[^\w-]/g, '·').slice(0, 4)}…`;
  return `the text "${text}" of ${value.length} characters`;
}
