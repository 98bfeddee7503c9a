import { describe, expect, it } from 'vitest';
import { readTarget } from '../edge/target.ts';
import type { FlagsInForce, Mode } from '../flags/model.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { createChoose } from './choose.ts';

const keys = [...chatTable.routes, chatTable.anythingElse].map(({ key }) => key);

function flags(modeOf: (key: string) => Mode): FlagsInForce {
  const routes = new Map(keys.map((key) => [key, { mode: modeOf(key), since: '', by: '' }]));
  return { epoch: 1, routes, phases: new Map(), guards: undefined, sample: 1 };
}

describe.each(['//api/chats', '/api%2Fchats', '/api/./chats', '/api/chats/'])('%s', (path) => {
  const reading = readTarget(path, 'localhost');
  const target = 'target' in reading ? reading.target : expect.fail(reading.reason);
  const chosen = (modeOf: (key: string) => Mode) =>
    createChoose(chatTable)(flags(modeOf), { target, row: chatTable.anythingElse, match: undefined }).flagged;

  it('is legacy’s, whatever the flags say', () => {
    for (const mode of ['legacy', 'shadow', 'new'] as const) expect(chosen(() => mode)).toBe('legacy');
    expect(chosen((key) => (key === 'POST /api/chats' ? 'new' : 'complete'))).toBe('legacy');
  });

  it('is new’s once every route is completed, as legacy may be gone', () => {
    expect(chosen(() => 'complete')).toBe('new');
  });
});
