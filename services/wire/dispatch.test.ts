import { expect, test } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { python } from '../testing/python.ts';
import { createDispatch } from './dispatch.ts';

const dispatch = createDispatch(routeTable);

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'];
const paths = [
  '/',
  '/api',
  '/api/health',
  '/api/Health',
  '/api/healthy',
  '/api/chats',
  '/api/chats/1',
  '/api/chats/a%20b',
  '/api/chats/%C3%A9%25',
  '/api/chats/1/rename',
  '/api/chats/1/messages',
  '/api/chats/1/upload-pdf',
  '/api/chats/1/docs',
  '/api/chats/1/pdfs',
  '/api/chats/1/pdfs/a%20b.pdf',
  '/api/chats/1/pdfs/2/3',
  '/api/chats/1/else',
  '/api/upload-status/1',
  '/api/upload-status',
  '/api/pdfs',
  '/api/pdfs/1',
];

/** The same routes in Werkzeug's own map. */
const werkzeug = `
from urllib.parse import unquote
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
import re
map_ = Map([
    Rule(re.sub(r":(\\w+)", r"<\\1>", path), endpoint=f"{method} {path}", methods=[method, "OPTIONS"])
    for method, path in given["routes"]
]).bind("localhost")
def match(method, path):
    path = unquote(path)
    try:
        key, params = map_.match(path, method)
        if method == "OPTIONS":
            return {"found": "options", "allow": sorted(map_.allowed_methods(path))}
        return {"found": "route", "key": key, "params": params}
    except MethodNotAllowed as error:
        return {"found": "no-method", "allow": sorted(error.valid_methods)}
    except NotFound:
        return {"found": "nothing"}
answer = [match(method, path) for method, path in given["asked"]]
`;

test("finds what Werkzeug's map finds, in every method and on every path", async () => {
  const asked = methods.flatMap((method) => paths.map((path) => [method, path]));
  const routes = routeTable.routes.map(({ method, path }) => [method, path]);
  const found = asked.map(([method = '', path = '']) => {
    const match = dispatch(method, path);
    if (match.found === 'route') return { found: 'route', key: match.route.key, params: match.params };
    return 'allow' in match ? { found: match.found, allow: match.allow.sort() } : { found: match.found };
  });
  expect(found).toEqual(await python(werkzeug, { routes, asked }));
});
