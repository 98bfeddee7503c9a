/** Whether an error of the server's own is one that legacy's contract has for such a request. */
import { z } from 'zod';
import { isUuid4 } from '../../compare/volatile/formats.ts';
import type { Route } from '../../contract/route-table.ts';
import { headerOf } from '../../services/wire/headers.ts';
import type { Known } from '../continuity/keys/keys.ts';

const json = /^application\/(?:[\w.-]+\+)?json\b/i;

/** A request as far as it is known; `request` is undefined where the body was not read. */
export interface AskedRequest extends Pick<Known, 'params' | 'request'> {
  rawHeaders: readonly string[];
  /** Whether `request` was looked for. */
  isBodyKnown: boolean;
}

/**
 * A request that the contract's schemas want never gets one; another one gets those that the route documents. Where the
 * body is not known, what is documented is foreseen.
 */
export function isForeseen(route: Route, status: number, asked: AskedRequest): boolean {
  if (status < 500) return true;
  const isDocumented = Object.hasOwn(route.openapi.responses ?? {}, status);
  return isDocumented && !isAsWanted(route, asked);
}

function isAsWanted(route: Route, { params, request, rawHeaders, isBodyKnown }: AskedRequest): boolean {
  const idsFit = route.ids.every(({ place }) => place.in !== 'path' || isUuid4(params[place.name] ?? ''));
  if (route.body !== 'json') return idsFit;
  const schema = bodySchema(route);
  if (!schema || !isBodyKnown) return false;
  return idsFit && json.test(headerOf(rawHeaders, 'content-type') ?? '') && schema.safeParse(request).success;
}

function bodySchema(route: Route): z.ZodType | undefined {
  const content = route.openapi.request?.body?.content ?? {};
  const [media] = Object.values(content);
  if (!media || !('schema' in media)) return undefined;
  const { schema } = media;
  return schema instanceof z.ZodType ? schema : undefined;
}
