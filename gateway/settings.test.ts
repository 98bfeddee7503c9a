import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { port } from './setting-kinds.ts';
import { environment, readSettings, readSettingsWith, secretNames } from './settings.ts';
import { defaultOf, settingsTable } from './settings-reference.ts';

const read = (env: Record<string, string>) => readSettings(env, '/srv/banyan');

describe('readSettings', () => {
  it('has a default for everything', () => {
    const settings = read({});
    expect(settings).toMatchObject({
      gateway: { host: undefined, port: 8080 },
      console: { host: '127.0.0.1', port: 8081 },
      legacy: { url: undefined, port: 5050, idle: 1500 },
      model: { kind: 'stand-in' },
      dataFolder: '/srv/banyan/.banyan',
      flagFile: '/srv/banyan/flags.yaml',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(read({ PORT: '', GEMINI_API_KEY: '' })).toMatchObject({
      gateway: { port: 8080 },
      model: { kind: 'stand-in' },
    });
  });

  it('lists every fault at once, each with what the variable must be', () => {
    const fault = () =>
      read({
        PORT: '80a',
        LEGACY_URL: 'localhost:5050',
        CONSOLE_TOKEN: 'short',
      });
    expect(fault).toThrow(/PORT must be a port from 0 to 65535[\s\S]*"80a"/);
    expect(fault).toThrow(/LEGACY_URL must be an http/);
    expect(fault).toThrow(/CONSOLE_TOKEN must have 16 characters or more/);
  });

  it('traces nothing without an endpoint, and by the standard variables with one', () => {
    expect(read({ OTEL_SERVICE_NAME: 'a', OTEL_TRACES_SAMPLER: 'always_on' }).tracing).toBeUndefined();
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/';
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT }).tracing).toMatchObject({
      url: 'http://collector:4318/v1/traces',
      headers: {},
      serviceName: undefined,
      sampler: 'parentbased_always_on',
      ratio: 1,
    });
    expect(
      read({
        OTEL_EXPORTER_OTLP_ENDPOINT,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:1/in',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20k, x-a=1',
        OTEL_SERVICE_NAME: 'shop',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=live',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.01',
      }).tracing,
    ).toEqual({
      url: 'http://traces:1/in',
      headers: { authorization: 'Bearer k', 'x-a': '1' },
      serviceName: 'shop',
      resourceAttributes: { 'deployment.environment.name': 'live' },
      sampler: 'traceidratio',
      ratio: 0.01,
    });
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }).tracing).toBeUndefined();
    const wrong = () =>
      read({
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_TRACES_SAMPLER_ARG: '1.5',
        OTEL_TRACES_SAMPLER: 'sometimes',
        OTEL_EXPORTER_OTLP_HEADERS: 'secret%',
      });
    for (const name of ['PROTOCOL', 'SAMPLER_ARG', 'SAMPLER', 'HEADERS'])
      expect(wrong).toThrow(new RegExp(`OTEL_\\w*${name} (must|Invalid|has)`));
    expect(wrong).not.toThrow(/secret/);
  });

  it('never shows the value of a secret in a fault', () => {
    expect(() => read({ CONSOLE_TOKEN: 'hunter2' })).not.toThrow('hunter2');
    expect(() => read({ CONSOLE_TOKEN: 'hunter2' })).toThrow('CONSOLE_TOKEN');
  });

  it.each([
    [{ GEMINI_API_KEY: 'k' }, 'gemini'],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1' }, 'openai'],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1', GEMINI_API_KEY: 'k' }, 'openai'],
    [{}, 'stand-in'],
  ])('chooses the model of %j: %s', (env, kind) => {
    expect(read(env as Record<string, string>).model.kind).toBe(kind);
  });

  it('never shows the password of a DATABASE_URL in a fault', () => {
    expect(read({ DATABASE_URL: 'postgres://u:hunter2@db/banyan' }).databaseUrl).toContain('hunter2');
    const fault = () => read({ DATABASE_URL: 'mysql://u:hunter2@db/banyan' });
    expect(fault).toThrow('DATABASE_URL must be an address that begins with postgres:// or postgresql://');
    expect(fault).not.toThrow('hunter2');
  });

  it.each(['-1', '1.5', 'soon', '1000000'])('refuses a LEGACY_IDLE_MS of %s', (LEGACY_IDLE_MS) => {
    expect(() => read({ LEGACY_IDLE_MS })).toThrow('LEGACY_IDLE_MS must be a number of milliseconds');
    expect(read({ LEGACY_IDLE_MS: '0' }).legacy.idle).toBe(0);
    expect(read({ LEGACY_IDLE_MS: '2500' }).legacy.idle).toBe(2500);
  });

  it('refuses a LEGACY_URL with a path, which requests could not be given', () => {
    expect(() => read({ LEGACY_URL: 'http://127.0.0.1:5050/app' })).toThrow(/LEGACY_URL must be an origin/);
    expect(read({ LEGACY_URL: 'http://127.0.0.1:5050/' }).legacy.url).toBe('http://127.0.0.1:5050');
  });

  it('refuses a trusted proxy that is neither an address nor a range', () => {
    expect(() => read({ TRUSTED_PROXIES: '10.0.0.0/8, proxy.internal' })).toThrow(
      /TRUSTED_PROXIES .*"proxy.internal"/,
    );
  });
});

describe('secrets from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it.each(secretNames)('reads %s from the file that %s_FILE names, without its line end', (name) => {
    const value = {
      DATABASE_URL: 'postgres://u:p@db/banyan',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=k',
    }[name as string];
    const others = { DATABASE_URL: 'postgres://u:p@db/banyan', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' };
    if (name === 'DATABASE_URL') Reflect.deleteProperty(others, name);
    const path = file(name, `${value ?? 'sixteen letters.'}\n`);
    expect(read({ ...others, [`${name}_FILE`]: path })).toEqual(
      read({ ...others, [name]: value ?? 'sixteen letters.' }),
    );
  });

  it('checks what the file holds, without showing it, and takes an empty file for nothing', () => {
    expect(() => read({ RELAY_KEY_FILE: file('short', 'hunter2\n') })).toThrow('RELAY_KEY must have 16');
    expect(() => read({ RELAY_KEY_FILE: file('short', 'hunter2\n') })).not.toThrow('hunter2');
    expect(read({ GEMINI_API_KEY_FILE: file('none', '') }).model.kind).toBe('stand-in');
  });

  it('names a file that cannot be read, and one beside its variable, with all other faults', () => {
    const fault = () =>
      read({
        PORT: 'x',
        CONSOLE_TOKEN_FILE: join(folder, 'nowhere'),
        GEMINI_API_KEY_FILE: folder,
        RELAY_KEY: 'sixteen letters.',
        RELAY_KEY_FILE: file('key', 'sixteen letters!'),
      });
    expect(fault).toThrow(/CONSOLE_TOKEN_FILE must be a file that can be read: there is no such file/);
    expect(fault).toThrow(/GEMINI_API_KEY_FILE must be a file that can be read: it is a folder/);
    expect(fault).toThrow(/RELAY_KEY and RELAY_KEY_FILE are both set/);
    expect(fault).toThrow(/PORT must be a port/);
  });
});

describe("an application's own settings", () => {
  const own = {
    shape: { SHOP_PORT: port(7000), SHOP_TOKEN: z.string().min(3, 'must have 3 characters').optional() },
    words: {
      SHOP_TOKEN: { after: 'HOST', what: 'its token' },
      SHOP_PORT: { after: 'SHOP_TOKEN', what: 'its port' },
    },
    secrets: ['SHOP_TOKEN' as const],
    faults: ({ SHOP_TOKEN }: Readonly<Record<string, string | undefined>>) =>
      SHOP_TOKEN === 'secret' ? ['SHOP_TOKEN must be another'] : [],
    values: (read: { SHOP_PORT: number; SHOP_TOKEN?: string | undefined }) => ({
      shop: { port: read.SHOP_PORT, token: read.SHOP_TOKEN },
    }),
  };
  const shop = (env: Record<string, string>) => readSettingsWith(env, '/srv/shop', own);

  it("are read with the tool's, and known to nobody else", () => {
    expect(shop({ PORT: '1' })).toMatchObject({ gateway: { port: 1 }, shop: { port: 7000 } });
    expect(read({ SHOP_PORT: 'x' })).not.toHaveProperty('shop');
  });

  it('have their faults in the same list', () => {
    const fault = () => shop({ PORT: 'x', SHOP_PORT: 'y', SHOP_TOKEN: 'secret' });
    expect(fault).toThrow(
      /PORT must be a port[\s\S]*SHOP_PORT must be a port[\s\S]*SHOP_TOKEN must be another/,
    );
  });

  it('stand in the reference where the application wants them', () => {
    const rows = settingsTable(own).split('\n');
    const at = rows.findIndex((row) => row.startsWith('| `HOST`'));
    expect(rows.slice(at + 1, at + 3)).toEqual([
      '| `SHOP_TOKEN` | | its token |',
      '| `SHOP_PORT` | `7000` | its port |',
    ]);
    expect(rows.at(-1)).toContain('`SHOP_TOKEN_FILE`');
  });
});

it('the reference says the defaults that are in force', () => {
  const { PORT, OPENAI_MODEL, DATABASE_URL } = environment.shape;
  expect([PORT, OPENAI_MODEL, DATABASE_URL].map(defaultOf)).toEqual(['8080', 'gpt-4o-mini', undefined]);
});
