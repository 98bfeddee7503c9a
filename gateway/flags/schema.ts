/** The JSON Schema of the flag file, for editors: completion, and faults as one types. */
import { type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import { modePattern, sharePattern } from '../continuity/protocol/modes.ts';
import { durationPattern, latencyPattern, percentPattern } from './grammar/guards-part.ts';
import { evidenceModes } from './model.ts';

const word = (pattern: string) => ({ type: 'string', pattern });
const number = (minimum: number) => ({ type: 'integer', minimum, maximum: 999_999 });

/** The schema (draft 7, which editors know best) for a route table. What it cannot say, such as a route in two phases, `parse.ts` does. */
export function flagSchema(table: RouteTable): object {
  const summaries = new Map(table.routes.map((route) => [route.key, route.openapi.summary]));
  const routes = routeKeys(table).map((key) => [
    key,
    { description: summaries.get(key) ?? 'Every path that is not a route', $ref: '#/definitions/mode' },
  ]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: "Banyan's flag file",
    description: 'Which backend serves each route.',
    type: 'object',
    additionalProperties: false,
    required: ['routes'],
    properties: {
      routes: {
        description: 'A route that is not named is legacy. HEAD follows GET.',
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(routes),
      },
      phases: {
        description:
          'Routes that are flipped together. Every route is in exactly one phase, or there are none.',
        type: 'object',
        additionalProperties: false,
        patternProperties: {
          '^[A-Za-z0-9_-]+$': {
            type: 'array',
            minItems: 1,
            uniqueItems: true,
            items: { enum: routeKeys(table) },
          },
        },
      },
      evidence: {
        description:
          'enforce: a route without evidence of the code that runs is not flipped to the new backend. warn: it is, and that is logged.',
        type: 'string',
        enum: [...evidenceModes],
      },
      guards: {
        description:
          'What rolls a route back by itself that the new backend serves. off: nothing does. What is left out is { errors: 2%, divergences: 0, latency: 3x, window: 1m, sample: 20 }.',
        oneOf: [
          { type: 'string', const: 'off' },
          {
            type: 'object',
            additionalProperties: false,
            properties: {
              errors: {
                description: 'Share of bad answers (502, 504, 5xx that legacy does not give) that is borne',
                ...word(percentPattern),
              },
              divergences: { description: 'How many divergences are borne', ...number(0) },
              latency: {
                description: 'What 95 of 100 answers may take: times as long as legacy, a time, or off',
                ...word(latencyPattern),
              },
              window: { description: 'How long an answer counts', ...word(durationPattern) },
              sample: { description: 'So many answers are waited for', ...number(1) },
            },
          },
        ],
      },
      shadow: {
        description:
          'The share of the reads in mode shadow that are asked of the new backend too; all unless told.',
        type: 'object',
        additionalProperties: false,
        required: ['sample'],
        properties: { sample: word(percentPattern) },
      },
    },
    definitions: {
      mode: {
        description:
          'legacy: legacy serves. shadow: legacy serves, the new backend is asked the reads too, and both answers are compared. canary:10%: the new backend serves a share of the chats. new: the new backend serves, and legacy is given the writes. complete: legacy is given nothing any more, and there is no way back.',
        oneOf: [
          { type: 'string', pattern: modePattern },
          {
            type: 'object',
            additionalProperties: false,
            required: ['canary'],
            properties: { canary: { type: 'string', pattern: sharePattern } },
          },
        ],
      },
    },
  };
}
