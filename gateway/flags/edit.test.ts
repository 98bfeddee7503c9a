import { describe, expect, it } from 'vitest';
import { chatTable, shippedLikeFlags } from '../test/support/chat-table.ts';
import { editModes } from './edit.ts';
import { parseFlagFile } from './grammar/parse.ts';
import type { Mode } from './model.ts';

const committed = shippedLikeFlags;

const edit = (text: string, changes: Record<string, Mode>) =>
  editModes(text, new Map(Object.entries(changes)));

/** The modes that a text names, so that an edit is judged by what a gateway reads. */
function named(text: string) {
  const reading = parseFlagFile(text, { table: chatTable });
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return Object.fromEntries([...reading.flags.routes].map(([route, { mode }]) => [route, mode]));
}

/** Lines that differ, as a reviewer sees them. */
function diff(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((l) => !now.includes(l)).map((l) => `-${l}`),
    ...now.filter((l) => !old.includes(l)).map((l) => `+${l}`),
  ];
}

const busy = `# head

routes:   # of the chatbot
    # health first
    GET /api/health:   legacy   # the easy one

    "GET /api/chats" :  "legacy"
    'POST /api/chats': 'legacy'      # quoted
    anything else: legacy
    # the end of the routes

# between
phases:
`;
const text = committed.replace(/^[\s\S]*phases:\n/, busy);

describe('an edit', () => {
  it('changes one line of the committed file, and nothing when it is undone', () => {
    const flipped = edit(committed, { 'GET /api/health': 'new' });
    expect(diff(committed, flipped)).toEqual(['-  GET /api/health: legacy', '+  GET /api/health: new']);
    expect(edit(flipped, { 'GET /api/health': 'legacy' })).toBe(committed);
  });

  it('keeps comments, spaces, blank lines and quotes', () => {
    const changes: Record<string, Mode> = {
      'GET /api/health': 'new',
      'GET /api/chats': 'new',
      'POST /api/chats': 'new',
    };
    const flipped = edit(text, changes);
    expect(diff(text, flipped)).toEqual([
      '-    GET /api/health:   legacy   # the easy one',
      '-    "GET /api/chats" :  "legacy"',
      "-    'POST /api/chats': 'legacy'      # quoted",
      '+    GET /api/health:   new   # the easy one',
      '+    "GET /api/chats" :  "new"',
      "+    'POST /api/chats': 'new'      # quoted",
    ]);
    expect(named(flipped)).toEqual({ ...changes, 'anything else': 'legacy' });
  });

  it('adds a route that the file does not name below the last one, indented alike', () => {
    const flipped = edit(text, { 'GET /api/pdfs': 'new', 'DELETE /api/chats/:chat_id/pdfs/:name': 'new' });
    expect(flipped).toBe(
      text.replace(
        '    anything else: legacy\n',
        '    anything else: legacy\n    GET /api/pdfs: new\n    DELETE /api/chats/:chat_id/pdfs/:name: new\n',
      ),
    );
  });

  it.each([
    ['into an empty map', 'routes: {} # none\n', 'routes: { GET /api/pdfs: new } # none\n'],
    ['into an empty map with space', 'routes: {  }\n', 'routes: { GET /api/pdfs: new }\n'],
    [
      'into a flow map',
      'routes: { GET /api/health: legacy }\n',
      'routes: { GET /api/health: legacy, GET /api/pdfs: new }\n',
    ],
    [
      'at the end of a file without a last newline',
      'routes:\n  GET /api/health: new',
      'routes:\n  GET /api/health: new\n  GET /api/pdfs: new',
    ],
    [
      'into a file with CRLF',
      'routes:\r\n  GET /api/health: new\r\n',
      'routes:\r\n  GET /api/health: new\r\n  GET /api/pdfs: new\r\n',
    ],
    [
      'after a last line with a comment',
      'routes:\n  GET /api/health: new # why\n# tail\n',
      'routes:\n  GET /api/health: new # why\n  GET /api/pdfs: new\n# tail\n',
    ],
    [
      'after a byte order mark',
      '\uFEFFroutes:\n  GET /api/health: new\n',
      '\uFEFFroutes:\n  GET /api/health: new\n  GET /api/pdfs: new\n',
    ],
  ])('adds a route %s', (_where, before, after) => {
    expect(edit(before, { 'GET /api/pdfs': 'new' })).toBe(after);
    expect(named(after)).toMatchObject({ 'GET /api/pdfs': 'new' });
  });

  it('leaves CRLF alone where it changes a mode in place', () => {
    const before = 'routes:\r\n  GET /api/health: legacy # why\r\n  GET /api/pdfs: new\r\n';
    expect(edit(before, { 'GET /api/health': 'new' })).toBe(before.replace('legacy', 'new'));
  });

  it('undoes itself to the byte for any routes of any of these files', () => {
    const keys = chatTable.routes.map((route) => route.key);
    for (const before of [committed, text, text.replaceAll('\n', '\r\n')])
      for (let i = 0; i < 200; i++) {
        const chosen = keys.filter((_key, k) => ((i * 7919) >> (k % 11)) % 3 === 0);
        const flipped = edit(before, Object.fromEntries(chosen.map((key) => [key, 'new'])));
        expect(named(flipped)).toEqual({
          ...named(before),
          ...Object.fromEntries(chosen.map((key) => [key, 'new'])),
        });
        const there = Object.keys(named(before)).filter((key) => chosen.includes(key));
        const added = chosen.filter((key) => !there.includes(key));
        const back = edit(flipped, Object.fromEntries(there.map((key) => [key, 'legacy'])));
        expect(
          added.reduce(
            (rest, key) =>
              rest.replace(new RegExp(`^ +${key.replace(/[/:]/g, '\\$&')}: new\\r?\\n`, 'm'), ''),
            back,
          ),
        ).toBe(before);
      }
  });
});
