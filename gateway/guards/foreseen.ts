/** Whether an error of the server's own is one that legacy's contract has for such a request. */

import { isUuid4 } from '@banyan/compare/volatile/formats.ts';
import { headerOf } from '@banyan/operations/http/headers.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';
import type { Known } from '../continuity/protocol/keys.ts';

const json = /^application\/(?:[\w.-]+\+)?json\b/i;

/** A request as far as it is known; `request` is undefined where the body was not read. */
export interface AskedRequest extends Pick<Known, 'params' | 'request' | 'parts'> {
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

function isAsWanted(route: Route, asked: AskedRequest): boolean {
  const { params, request, parts, rawHeaders, isBodyKnown } = asked;
  const idsFit = route.ids.every(({ place }) => place.in !== 'path' || isUuid4(params[place.name] ?? ''));
  if (route.body === 'none') return idsFit;
  const schema = bodySchema(route);
  if (route.body === 'multipart') return idsFit && isFormAsWanted(schema, parts);
  if (!schema || !isBodyKnown) return false;
  return idsFit && json.test(headerOf(rawHeaders, 'content-type') ?? '') && schema.safeParse(request).success;
}

/** A form has each field of the schema once and nothing else. Of one that was not looked at nothing is known. */
function isFormAsWanted(schema: z.ZodType | undefined, parts: readonly string[] | undefined): boolean {
  if (!parts || !(schema instanceof z.ZodObject)) return false;
  const fields = Object.keys(schema.shape);
  return parts.length === fields.length && fields.every((field) => parts.includes(field));
}

function bodySchema(route: Route): z.ZodType | undefined {
  const content = route.openapi.request?.body?.content ?? {};
  const [media] = Object.values(content);
  if (!media || !('schema' in media)) return undefined;
  const { schema } = media;
  return schema instanceof z.ZodType ? schema : undefined;
}
