/** The gateway's own recorder, from the console's command to the file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '@banyan/gateway/gateway.ts';
import { createLog } from '@banyan/gateway/log.ts';
import { startBackend } from '@banyan/gateway/test/support/backend.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const token = 'x'.repeat(32);

it('records what passes through a running gateway, without its secrets', async () => {
  writeFileSync(join(root, 'flags.yaml'), 'routes: {}\n');
  const legacy = await startBackend((_, outgoing) => void outgoing.end('{"pwd":"open-sesame-1"}'));
  const ports = { PORT: '0', CONSOLE_PORT: '0', RELAY_PORT: '0', CONSOLE_TOKEN: token, CONTINUITY: 'off' };
  const places = { BANYAN_DATA: join(root, 'data'), BANYAN_RECORDINGS: root };
  const settings = readSettings({ ...ports, ...places, BANYAN_FLAGS: join(root, 'flags.yaml') }, root);
  const application = createApplication(settings);
  const gateway = await startGateway({
    settings,
    application,
    legacyUrl: legacy.url,
    log: createLog('silent'),
  });
  try {
    const post = (path: string, body: object) =>
      fetch(`${gateway.consoleUrl}/api${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post('/record', { name: 'one' })).status).toBe(200);
    await (await fetch(`${gateway.url}/api/chats`, { headers: { 'X-Vault-Token': 'open-sesame-2' } })).text();
    expect((await post('/record/stop', {})).status).toBe(202);
    const written = () => {
      try {
        return readFileSync(join(root, 'one.har'), 'utf8');
      } catch {
        return '';
      }
    };
    await eventually('it is written', () => written() !== '');
    expect(written()).toContain('/api/chats');
    expect(written()).not.toContain('open-sesame');
  } finally {
    await gateway.close(100);
  }
});
