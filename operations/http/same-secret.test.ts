import { expect, it } from 'vitest';
import { isSameSecret } from './same-secret.ts';

it.each([
  ['secret', 'secret', true],
  ['secre', 'secret', false],
  ['secrets', 'secret', false],
  ['', 'secret', false],
  ['sécret', 'sécret', true],
])('%j against %j: %s', (presented, secret, same) => {
  expect(isSameSecret(presented, secret)).toBe(same);
});
