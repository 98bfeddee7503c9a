/** The chatbot's own settings, which are read and described with the tool's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultOf, settingsTable } from '@banyan/gateway/settings-reference.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { chatbotSettings, readSettings } from '../banyan.settings.ts';

const read = (env: Record<string, string>) => readSettings(env, '/srv/banyan');

describe('readSettings', () => {
  it("lists the chatbot's faults with the tool's", () => {
    const QUIRKS_RETIRED = 'local-time-as-utc,local-time';
    const fault = () => read({ PORT: '80a', CHAT_PAGE: 'maybe', QUIRKS_RETIRED });
    expect(fault).toThrow(/PORT must be a port from 0 to 65535[\s\S]*"80a"/);
    expect(fault).toThrow(/CHAT_PAGE must be "on" or "off", not "maybe"/);
    expect(fault).toThrow(/QUIRKS_RETIRED names no quirk: "local-time"\. Known are deleted-pdf/);
  });

  it('takes REDIS_URL only beside DATABASE_URL, and shows neither in a fault', () => {
    const [DATABASE_URL, REDIS_URL] = ['postgres://u:hunter2@db/banyan', 'redis://:hunter2@cache'];
    expect(read({ DATABASE_URL, REDIS_URL })).toMatchObject({
      databaseUrl: DATABASE_URL,
      redisUrl: REDIS_URL,
    });
    expect(() => read({ REDIS_URL })).toThrow('REDIS_URL needs DATABASE_URL');
    const fault = () => read({ DATABASE_URL: 'mysql://u:hunter2@db/banyan', REDIS_URL: 'hunter2' });
    expect(fault).toThrow('DATABASE_URL must be an address that begins with postgres:// or postgresql://');
    expect(fault).toThrow('REDIS_URL must be an address that begins with redis:// or rediss://');
    expect(fault).not.toThrow('hunter2');
  });

  it.each(['0', '-1', 'many', '100', '1.5'])('refuses a WORKER_CONCURRENCY of %s', (WORKER_CONCURRENCY) => {
    expect(() => read({ WORKER_CONCURRENCY })).toThrow('WORKER_CONCURRENCY must be a number from 1 to 99');
    expect(read({ WORKER_CONCURRENCY: '3' }).workerConcurrency).toBe(3);
  });
});

describe('secrets from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it.each(chatbotSettings.secrets)(
    'reads %s from the file that %s_FILE names, without its line end',
    (name) => {
      const value = name === 'REDIS_URL' ? 'redis://cache' : 'sixteen letters.';
      const DATABASE_URL = 'postgres://u:p@db/banyan';
      expect(read({ DATABASE_URL, [`${name}_FILE`]: file(name, `${value}\n`) })).toEqual(
        read({ DATABASE_URL, [name]: value }),
      );
    },
  );

  it('names a file that cannot be read, and what a variable lacks beside it', () => {
    const fault = () => read({ NEW_KEY_FILE: folder, REDIS_URL: 'redis://cache' });
    expect(fault).toThrow(/NEW_KEY_FILE must be a file that can be read: it is a folder/);
    expect(fault).toThrow(/REDIS_URL needs DATABASE_URL/);
  });
});

describe('docs/settings.md', () => {
  it('is what `npm run settings:docs` writes', async () => {
    const page = await readFile(join(import.meta.dirname, '../docs/settings.md'), 'utf8');
    expect(page).toContain(`<!-- settings -->\n${settingsTable(chatbotSettings)}\n<!-- end of settings -->`);
  });

  it('says the defaults that are in force', () => {
    expect(defaultOf(chatbotSettings.shape.CHAT_PAGE)).toBe('on');
    expect(defaultOf(chatbotSettings.shape.REDIS_URL)).toBeUndefined();
  });
});
