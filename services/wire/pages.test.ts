import { expect, test } from 'vitest';
import { python } from '../testing/python.ts';
import { jsonAnswer, optionsAnswer, pageAnswer } from './answers.ts';
import { methodNotAllowed, notFound } from './pages.ts';

test("are Werkzeug's, byte for byte", async () => {
  const script = `
from werkzeug.exceptions import MethodNotAllowed, NotFound
answer = [[error.code, error.name.upper(), error.get_body()] for error in (NotFound(), MethodNotAllowed())]
`;
  const ours = [notFound, methodNotAllowed].map(({ status, reason, html }) => [status, reason, html]);
  expect(ours).toEqual(await python(script, null));
});

const get = { method: 'GET', rawHeaders: [] };

test('an answer has its headers in the order that Flask gives them', () => {
  expect(pageAnswer(get, methodNotAllowed, ['GET', 'HEAD', 'OPTIONS'])).toMatchObject({
    status: 405,
    reason: 'METHOD NOT ALLOWED',
    rawHeaders: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Allow', 'GET, HEAD, OPTIONS'],
      ...['Content-Length', '153', 'Access-Control-Allow-Origin', '*'],
    ],
  });
  expect(optionsAnswer({ method: 'OPTIONS', rawHeaders: [] }, ['GET'])).toMatchObject({
    status: 200,
    reason: 'OK',
    rawHeaders: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Allow', 'GET'],
      ...['Access-Control-Allow-Origin', '*', 'Content-Length', '0'],
    ],
  });
});

test('an answer to HEAD is that to GET without its body', () => {
  const whole = jsonAnswer(get, 201, { a: 'é' }, 'compact');
  expect(Buffer.from(whole.body).toString()).toBe('{"a":"\\u00e9"}\n');
  expect(whole.reason).toBe('CREATED');
  expect(jsonAnswer({ ...get, method: 'HEAD' }, 201, { a: 'é' }, 'compact')).toEqual({
    ...whole,
    body: Buffer.alloc(0),
  });
});
