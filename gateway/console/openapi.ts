/** The OpenAPI 3.1 document of the public routes, from the route table. */

import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { OpenAPIHono } from '@hono/zod-openapi';

/** @param publicUrl where the gateway serves them */
export function openApiDocument(application: string, table: RouteTable, publicUrl: string | undefined) {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  for (const route of table.routes) openAPIRegistry.registerPath(route.openapi);
  const tags = [...new Set(table.routes.flatMap((route) => route.openapi.tags ?? []))];
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: application,
      version: '1',
      description: 'The public contract: what every backend answers, whoever serves a route at the moment.',
    },
    servers: [{ url: publicUrl ?? '/' }],
    tags: tags.map((name) => ({ name })),
  });
}
