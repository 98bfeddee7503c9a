import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlagFile } from '@banyan/gateway/flags/grammar/parse.ts';
import { flagSchema } from '@banyan/gateway/flags/schema.ts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { routeTable } from '../contract/routes.ts';

const root = join(import.meta.dirname, '..');
const committedSchema: object = JSON.parse(readFileSync(join(root, 'flags.schema.json'), 'utf8'));
const committedFlags = readFileSync(join(root, 'flags.yaml'), 'utf8');
const validate = new Ajv({ strict: true }).compile(committedSchema);
const accepts = (text: string) => validate(parse(text, { uniqueKeys: false }));

describe('the JSON Schema of the flag file', () => {
  it('is the one of the route table (npm run flags:schema)', () => {
    expect(committedSchema).toEqual(flagSchema(routeTable));
  });

  it('accepts the committed flag file, as the gateway does', () => {
    expect(accepts(committedFlags), JSON.stringify(validate.errors)).toBe(true);
    expect(parseFlagFile(committedFlags, { table: routeTable })).toMatchObject({ ok: true });
  });

  it('is what an editor finds in the first line of the flag file and in its settings', () => {
    expect(committedFlags.split('\n')[0]).toBe('# yaml-language-server: $schema=./flags.schema.json');
    const settings = JSON.parse(readFileSync(join(root, '.vscode/settings.json'), 'utf8'));
    expect(settings['yaml.schemas']).toEqual({ './flags.schema.json': 'flags.yaml' });
  });

  it.each([
    'routes: {}',
    'routes: { GET /api/health: new, anything else: legacy }',
    'phases: {}',
    'routes:',
    'routes: []',
    'routes: {}\nguards: {}',
    'routes: {}\nguards: off',
    'routes: {}\nguards: on',
    'routes: {}\nguards: { errors: 2%, divergences: 0, latency: 3x, window: 1m, sample: 20 }',
    'routes: {}\nguards: { latency: 800ms }',
    'routes: {}\nguards: { latency: off }',
    'routes: {}\nguards: { latency: 3 }',
    'routes: {}\nguards: { errors: 1 }',
    'routes: {}\nguards: { sample: 0 }',
    'routes: {}\nguards: { window: 1h }',
    'routes: {}\nguards: { speed: 1 }',
    'routes: {}\nshadow: { sample: 25% }',
    'routes: {}\nshadow: { sample: 25 }',
    'routes: {}\nshadow: 25%',
    'routes: {}\nshadow: {}',
    'routes: {}\nphase: {}',
    'routes: { GET /api/heath: new }',
    'routes: { HEAD /api/health: new }',
    'routes: { GET /api/health: shadow }',
    'routes: { GET /api/health: New }',
    'routes: { GET /api/health: true }',
    'routes: { GET /api/health: }',
    'routes: { GET /api/chats/:chat_id: { canary: 10% } }',
    'routes: { GET /api/chats/:chat_id: canary:10% }',
    'routes: { GET /api/chats/:chat_id: canary:0.5% }',
    'routes: { GET /api/chats/:chat_id: canary }',
    'routes: { GET /api/chats/:chat_id: canary:0% }',
    'routes: { GET /api/chats/:chat_id: canary:100% }',
    'routes: { GET /api/chats/:chat_id: { canary: 100% } }',
    'routes: { GET /api/chats/:chat_id: { canary: 10%, new: 1 } }',
    'routes: { GET /api/health: complete }',
    'routes: {}\nphases: { a: [] }',
    'routes: {}\nphases: { a: GET /api/health }',
    'routes: {}\nphases: { a: [GET /api/heath] }',
    'routes: {}\nphases: { a b: [GET /api/health] }',
    'routes: {}\nphases: { a: [GET /api/health, GET /api/health] }',
  ])('agrees with the gateway on %j', (text) => {
    expect(accepts(text)).toBe(parseFlagFile(text, { table: routeTable }).ok);
  });
});
