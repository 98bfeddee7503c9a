/** What the OpenAPI document says of a route's request body. */

import { openApiDocument } from '@banyan/gateway/console/openapi.ts';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';

export interface DocumentedBody {
  /** Fields of a JSON object, with their types as the document names them. */
  json: Record<string, string>;
  /** Names of the fields of a form that carry files. */
  files: string[];
}

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
}
interface Document {
  paths?: Record<string, Record<string, { requestBody?: { content?: Record<string, { schema?: Schema }> } }>>;
  components?: { schemas?: Record<string, Schema> };
}

/** @returns what tells it of each route; nothing where the document has none */
export function documentedBodies(table: RouteTable): (route: Route) => DocumentedBody {
  const document = openApiDocument('generated sequences', table, undefined) as unknown as Document;
  const resolved = (schema: Schema | undefined): Schema => {
    const name = schema?.$ref?.split('/').at(-1);
    return (name === undefined ? schema : document.components?.schemas?.[name]) ?? {};
  };
  return ({ path, method }) => {
    const operation = document.paths?.[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    const content = operation?.requestBody?.content ?? {};
    const properties = (type: string) => Object.entries(resolved(content[type]?.schema).properties ?? {});
    return {
      json: Object.fromEntries(
        properties('application/json').map(([name, schema]) => [name, resolved(schema).type ?? 'any']),
      ),
      files: properties('multipart/form-data').flatMap(([name, schema]) =>
        resolved(schema).format === 'binary' ? [name] : [],
      ),
    };
  };
}
