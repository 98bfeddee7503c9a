import { createMatch } from '@banyan/route-table/match.ts';
import { expect, it } from 'vitest';
import { chatTable } from '../../test/support/chat-table.ts';
import { IdRegistry } from '../names/id-registry.ts';
import { publicLinks } from './links.ts';

const ids = new IdRegistry();
ids.add({ kind: 'chat', publicId: 'public id', legacyId: 'hidden' });
const match = createMatch(chatTable);
const shown = (name: string, value: string) => publicLinks([name, value], match, ids)[1];

it.each([
  ['Location', '/api/chats/hidden', '/api/chats/public%20id'],
  [
    'location',
    'https://legacy:5050/api/chats/hidden/docs?a=hidden#b',
    'https://legacy:5050/api/chats/public%20id/docs?a=hidden#b',
  ],
  ['Content-Location', '//host/api/chats/hidden', '//host/api/chats/public%20id'],
  [
    'Link',
    '</api/chats/hidden>; rel="self", </api/chats/hidden/docs>; rel=next',
    '</api/chats/public%20id>; rel="self", </api/chats/public%20id/docs>; rel=next',
  ],
])('shows the public id in %s: %s', (name, value, wanted) => {
  expect(shown(name, value)).toBe(wanted);
});

it.each([
  ['Location', '/api/chats/other'],
  ['Location', '/elsewhere/hidden'],
  ['Location', '/api/chats/%'],
  ['Location', 'hidden'],
  ['Location', ''],
  ['X-Location', '/api/chats/hidden'],
])('leaves %s: %s', (name, value) => {
  expect(shown(name, value)).toBe(value);
});
