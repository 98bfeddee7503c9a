/** The container files, held against the program: no container engine is needed. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type BanyanSettings, readSettings, settingNames } from '../../banyan.settings.ts';
import { routeTable } from '../../contract/routes.ts';
import { startRedis } from '../../services/queue/testing/redis-server.ts';
import { makeSecrets } from '../launch/secrets.ts';
import { ensureModel } from '../setup/index.ts';
import { ensureOptional } from '../setup/optional.ts';
import { redisUnavailable } from '../setup/redis.ts';
import { execForm, parseDockerfile, variables, withBases } from './dockerfile.ts';
import { filesOfContext, linkInstead, linkPackages, runSteps } from './steps.ts';
import { inside, tryImage } from './try.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'image-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Service {
  image: string;
  build?: string | { context: string; dockerfile?: string; target?: string };
  command?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  tmpfs?: string[];
  ports?: string[];
  networks: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  deploy: { replicas?: number; resources: { limits: { memory: string } } };
  read_only?: boolean;
  cap_drop?: string[];
  profiles?: string[];
  logging: { options: Record<string, string> };
}

interface Compose {
  services: Record<'gateway' | 'worker' | 'postgres' | 'redis' | 'legacy' | 'import', Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean } | null>;
}

const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const stages = parseDockerfile(read('Dockerfile'));
const last = stages.at(-1);
if (!last) throw new Error('The Dockerfile is empty.');
const image = withBases(stages, last);
const legacyStages = parseDockerfile(read('legacy/Dockerfile'));
const legacyImage = withBases(legacyStages, legacyStages.at(-1) ?? last);
const ofBanyan = services.filter(
  ([, { image: name }]) => name.startsWith('banyan') && name !== 'banyan-legacy',
);

/** A service's settings, as its process would read them: from the image's variables, its own, and the secrets' files. */
function settingsOf(service: Service): BanyanSettings {
  const secrets = join(folder, 'secrets');
  makeSecrets(secrets);
  const env = { ...variables(image.instructions), ...service.environment };
  const moved = Object.entries(env).map(([name, value]) => [name, value.replace('/run/secrets', secrets)]);
  return readSettings(Object.fromEntries(moved) as Record<string, string>, '/app');
}

describe('compose.yaml', () => {
  it('gives each process variables that it reads, with values that it takes', () => {
    for (const [name, service] of ofBanyan) {
      for (const variable of Object.keys(service.environment ?? {}))
        expect([...settingNames, 'TZ'], `${name}: ${variable}`).toContain(variable);
      expect(() => settingsOf(service), name).not.toThrow();
    }
    const source = read('legacy/app.py');
    const readByLegacy = (variable: string) =>
      source.includes(variable) || variable === 'GOOGLE_GEMINI_BASE_URL';
    for (const variable of Object.keys(compose.services.legacy.environment ?? {}))
      expect(readByLegacy(variable) || variable === 'TZ', variable).toBe(true);
  });

  it('scales out: two workers, one database and one Redis for all', () => {
    const gateway = settingsOf(compose.services.gateway);
    const worker = settingsOf(compose.services.worker);
    expect(compose.services.worker.deploy.replicas).toBe(2);
    expect([worker.databaseUrl, worker.redisUrl]).toEqual([gateway.databaseUrl, gateway.redisUrl]);
    expect(gateway.redisUrl).toBeDefined();
    expect(gateway.continuity).toBe('on');
  });

  it('sends each to a service that is there, on the port that it has', () => {
    const { databaseUrl = '', redisUrl = '', legacy, relay } = settingsOf(compose.services.gateway);
    const database = new URL(databaseUrl);
    const postgres = compose.services.postgres.environment ?? {};
    expect([database.hostname, database.port]).toEqual(['postgres', '5432']);
    expect([database.username, database.pathname.slice(1)]).toEqual([
      postgres.POSTGRES_USER,
      postgres.POSTGRES_DB,
    ]);
    expect(database.password).toBe(readFileSync(join(folder, 'secrets/postgres-password'), 'utf8'));
    expect(new URL(redisUrl).hostname).toBe('redis');
    expect(legacy.url).toBe(`http://legacy:${variables(legacyImage.instructions).LEGACY_PORT}`);
    expect(compose.services.legacy.environment?.GOOGLE_GEMINI_BASE_URL).toBe(`http://gateway:${relay.port}`);
    expect(variables(legacyImage.instructions).LEGACY_HOST).toBe('0.0.0.0');
  });

  it('publishes the public origin, the console to this machine alone, and nothing else', () => {
    const gateway = settingsOf(compose.services.gateway);
    const { port } = gateway.gateway;
    expect(compose.services.gateway.ports).toEqual([
      `${port}:${port}`,
      `127.0.0.1:${gateway.console.port}:${gateway.console.port}`,
    ]);
    expect([gateway.gateway.host, gateway.console.host, gateway.relay.host]).toEqual(
      Array(3).fill('0.0.0.0'),
    );
    for (const [name, service] of services)
      if (name !== 'gateway') expect(service.ports, name).toBeUndefined();
    const exposed = image.instructions
      .find(({ name }) => name === 'EXPOSE')
      ?.text.split(' ')
      .map(Number);
    expect(exposed).toEqual([port, gateway.console.port, gateway.relay.port]);
  });

  it('lets each reach what it needs, and nothing else', () => {
    const names = Object.keys(compose.services) as (keyof Compose['services'])[];
    const peers = Object.fromEntries(
      names.map((name) => {
        const shares = (other: keyof Compose['services']) =>
          other !== name &&
          compose.services[other].networks.some((network) =>
            compose.services[name].networks.includes(network),
          );
        return [name, names.filter(shares).sort()];
      }),
    );
    // Whoever needs the same store may reach each other; no store reaches another one, and legacy the gateway alone.
    expect(peers).toEqual({
      gateway: ['import', 'legacy', 'postgres', 'redis', 'worker'],
      worker: ['gateway', 'import', 'postgres', 'redis'],
      postgres: ['gateway', 'import', 'worker'],
      redis: ['gateway', 'worker'],
      legacy: ['gateway'],
      import: ['gateway', 'postgres', 'worker'],
    });
    for (const [network, settings] of Object.entries(compose.networks)) {
      const members = names.filter((name) => compose.services[name].networks.includes(network));
      if (settings?.internal !== true) expect([network, members]).toEqual(['outside', ['gateway']]);
    }
  });

  it('starts each once what it needs is healthy', () => {
    const hasCheck = (name: string, { healthcheck }: Service) =>
      healthcheck ||
      (name === 'legacy' ? legacyImage : image).instructions.some((step) => step.name === 'HEALTHCHECK');
    for (const [name, service] of services)
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const found = services.find(([other]) => other === needed)?.[1];
        expect(condition, `${name} needs ${needed}`).toBe('service_healthy');
        expect(found && hasCheck(needed, found), `${name} needs ${needed}`).toBeTruthy();
      }
    expect(Object.keys(compose.services.gateway.depends_on ?? {}).sort()).toEqual([
      'legacy',
      'postgres',
      'redis',
    ]);
    expect(Object.keys(compose.services.worker.depends_on ?? {})).toEqual(
      expect.arrayContaining(['postgres', 'redis']),
    );
  });

  it('keeps what must last in volumes, and lets nothing else be written', () => {
    for (const [name, { volumes = [] }] of services)
      for (const volume of volumes)
        expect(Object.keys(compose.volumes), name).toContain(volume.split(':')[0]);
    const paths = ({ volumes = [], tmpfs = [] }: Service) => [
      ...volumes.map((volume) => volume.split(':')[1]),
      ...tmpfs.map((path) => path.split(':')[0]),
    ];
    for (const [name, service] of ofBanyan) {
      expect([service.read_only, service.cap_drop], name).toEqual([true, ['ALL']]);
      const { dataFolder } = settingsOf(service);
      expect(paths(service), name).toEqual(expect.arrayContaining([dataFolder, '/tmp']));
    }
    expect(paths(compose.services.gateway)).toContain('/config');
    expect(compose.services.legacy.read_only).toBe(true);
    for (const [name, service] of services) {
      expect(service.deploy.resources.limits.memory, name).toBeTruthy();
      expect(service.logging.options, name).toHaveProperty('max-size');
    }
  });

  it('has the Redis that the queue asks for', () => {
    const [program, ...args] = compose.services.redis.command ?? [];
    const pairs = Object.fromEntries(args.flatMap((arg, i) => (i % 2 === 0 ? [[arg, args[i + 1]]] : [])));
    expect(program).toBe('redis-server');
    expect(pairs).toMatchObject({ '--maxmemory-policy': 'noeviction', '--appendonly': 'yes' });
  });

  it.skipIf(redisUnavailable())('has a Redis that serves nobody without the password', async () => {
    const secrets = join(folder, 'redis');
    makeSecrets(secrets);
    const [, ...args] = compose.services.redis.command ?? [];
    const redis = await startRedis(args.map((arg) => arg.replace('/run/secrets', secrets)));
    const passwords = [undefined, 'x', new URL(readFileSync(join(secrets, 'redis-url'), 'utf8')).password];
    try {
      const said = passwords.map(async (password) => {
        const options = { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false };
        const client = new Redis(redis.url, { ...options, ...(password && { password }) });
        client.on('error', () => {});
        const pong = await client.ping().catch(({ message }: Error) => message);
        client.disconnect();
        return pong;
      });
      const [without, wrong, right] = await Promise.all(said);
      expect(without).toMatch(/NOAUTH/);
      expect(wrong).toMatch(/NOAUTH|WRONGPASS/);
      expect(right).toBe('PONG');
    } finally {
      await redis.stop();
    }
  });

  it('takes its secrets from files that `npm run secrets` makes, and has none in it', () => {
    const made = makeSecrets(join(folder, 'fresh'));
    expect(Object.keys(compose.secrets).sort()).toEqual([...made].sort());
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./secrets/${name}`);
    for (const [name, { secrets = [], environment: given = {} }] of services)
      for (const path of Object.values(given).filter((value) => value.startsWith('/run/secrets/')))
        expect(secrets, name).toContain(path.slice('/run/secrets/'.length));
    expect(makeSecrets(join(folder, 'fresh'))).toEqual([]);
    expect(read('.gitignore')).toMatch(/^\/secrets\/$/m);
    expect(read('.dockerignore')).toMatch(/^secrets$/m);
  });

  it('runs commands that are there', () => {
    for (const [name, { command = execForm(image.instructions, 'CMD') }] of ofBanyan) {
      const [program, file = ''] = command;
      expect(['node', 'banyan'], name).toContain(program);
      if (program === 'node') expect(existsSync(join(root, file)), name).toBe(true);
    }
  });
});

describe('the images', () => {
  it('are slim, of glibc, with the versions that everything is pinned to, by short names', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: { node: string } };
    const built = [...stages, ...legacyStages];
    const bases = built.map(({ base }) => base).filter((base) => !built.some(({ name }) => name === base));
    expect(new Set(bases)).toEqual(
      new Set([`node:${dependencies.node}-bookworm-slim`, 'python:3.11-slim-bookworm']),
    );
    const pulled = services.filter(([, { build }]) => !build).map(([, service]) => service.image);
    for (const name of [...bases, ...pulled]) expect(name.split('/')[0], name).not.toMatch(/[.].*\/|:\d+\//);
    for (const name of pulled) expect(name, 'no host, and a tag').toMatch(/^([a-z]+\/)?[a-z]+:[\w.-]+$/);
  });

  it.each([
    ['Dockerfile', image],
    ['legacy/Dockerfile', legacyImage],
  ])(
    '%s does not run as root, has an init as its first process, and a health check',
    (_, { instructions }) => {
      const user = instructions.findLast(({ name }) => name === 'USER')?.text;
      expect(user).toMatch(/^(node|legacy)$/);
      expect(execForm(instructions, 'ENTRYPOINT')).toEqual(['/usr/bin/tini', '--']);
      expect(instructions.some(({ text }) => /apt-get install .*\btini\b/.test(text))).toBe(true);
      expect(instructions.some(({ name }) => name === 'HEALTHCHECK')).toBe(true);
    },
  );

  it('ask health where the program says it', () => {
    const check = execForm(legacyImage.instructions, 'HEALTHCHECK').at(-1) ?? '';
    const url = new URL(/http:[^']+/.exec(check)?.[0] ?? '');
    expect(url.port).toBe(variables(legacyImage.instructions).LEGACY_PORT);
    expect(routeKeys(routeTable)).toContain(`GET ${url.pathname}`);
    expect(settingNames).toEqual(expect.arrayContaining(['WORKER_PORT', 'CONSOLE_PORT']));
  });

  it('know every workspace before npm installs, as npm links them by their manifests', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    const { instructions } = stages.find(({ name }) => name === 'packages') ?? { instructions: [] };
    const install = instructions.findIndex(({ text }) => text.startsWith('npm ci'));
    const before = instructions.slice(0, install).map(({ name, text }) => `${name} ${text}`);
    expect(before).toEqual(
      expect.arrayContaining(workspaces.map((folder) => `COPY ${folder}/package.json ${folder}/`)),
    );
    expect(instructions[install]?.text, 'as npm does by itself elsewhere').toMatch(
      / && node tools\/setup\/prune\.mjs$/,
    );
  });

  it('have everything in their context that evidence is of, and no secrets', () => {
    const files = filesOfContext(root);
    expect(files).toEqual(
      expect.arrayContaining([
        'package-lock.json',
        'contract-tests/evidence.json',
        'services/server.ts',
        'flags.yaml',
      ]),
    );
    expect(files.filter((file) => /(^|\/)(secrets|node_modules|\.git|\.banyan)\//.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.test.ts'))).toEqual([]);
  });
});

/** The model and the packages are there already; making them takes minutes, and `npm run image` does. */
const settings = readSettings(process.env, root);
const done = new Map<string, ReturnType<typeof stepsOf>>();
const steps = (file: string) => {
  const made = done.get(file) ?? stepsOf(file);
  done.set(file, made);
  return made;
};

const stepsOf = (file: string, name = file.replace('/', '-'), buildArgs: Record<string, string> = {}) => {
  const told: string[] = [];
  const made = runSteps({
    root,
    file,
    folder: join(folder, name),
    buildArgs,
    env: process.env,
    report: (line) => told.push(line),
    instead: (command, stageRoot) => {
      if (command.startsWith('npm ci'))
        return linkPackages(join(root, 'node_modules'), join(stageRoot, 'app/node_modules'));
      // In the checkout it may have been taken away already; here it would follow the links.
      if (command.includes('prune.mjs')) return true;
      if (command.includes('make-model'))
        linkInstead(
          join(settings.setupFolder, 'all-MiniLM-L6-v2'),
          join(stageRoot, 'opt/banyan/setup/all-MiniLM-L6-v2'),
        );
      return false;
    },
  });
  return { ...made, told };
};

/** What a read-only root would have kept as it was, by contents: times of copied files have been seen to change afterwards. */
function contentsOf(place: string): Record<string, string> {
  return Object.fromEntries(
    filesIn(place).map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

/**
 * The files below a folder, without those behind a link. `readdirSync` follows links to folders when it is recursive, and the
 * packages are links into the checkout's own, where the processes of other tests keep their compile cache.
 */
function filesIn(place: string): string[] {
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    const path = join(place, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

describe('the steps of the images, done in clean folders', () => {
  beforeAll(async () => {
    await ensureModel({ root, env: process.env, report: () => {}, ...settings });
  });

  it('make a gateway that starts, says when it is ready, answers a one-off command, and stops', async () => {
    const { imageRoot, variables: set, told } = steps('Dockerfile');
    expect(told.filter((line) => line.includes('left to the container')).length).toBeGreaterThan(3);
    const before = contentsOf(join(imageRoot, 'app'));
    const trial = await tryImage(imageRoot, set, () => {});
    expect(trial).toMatchObject({ before: 'not ready', status: { running: true, ready: true }, exitCode: 0 });
    expect(trial.output).toContain('Banyan is up');
    expect(existsSync(join(imageRoot, 'data/logs/gateway.log'))).toBe(true);
    expect(contentsOf(join(imageRoot, 'app'))).toEqual(before);
  }, 120_000);

  it('make a worker of the same image, which says what it lacks', async () => {
    const { imageRoot, variables: set } = steps('Dockerfile');
    const said = await new Promise<string>((resolve) => {
      const env = { PATH: process.env.PATH, ...inside(imageRoot, set) };
      execFile(
        process.execPath,
        ['tools/launch/worker.ts'],
        { cwd: join(imageRoot, 'app'), env },
        (_, out, error) => resolve(out + error),
      );
    });
    expect(said).toMatch(/DATABASE_URL and REDIS_URL are both needed/);
  }, 60_000);

  it('leave mupdf out where the build is told so, and bring pdf-parse instead', async () => {
    const mupdf = 'app/node_modules/mupdf';
    expect(existsSync(join(steps('Dockerfile').imageRoot, mupdf))).toBe(true);
    await ensureOptional();
    const { imageRoot, variables: set } = stepsOf('Dockerfile', 'without', { MUPDF: 'without' });
    expect(existsSync(join(imageRoot, mupdf))).toBe(false);
    const program = `
      import { installedEngine } from './services/ingestion/engines/installed.ts';
      console.log(installedEngine('mupdf', { warn: (_, line) => console.log(line) }));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(imageRoot, 'app'),
      env: { PATH: process.env.PATH, ...inside(imageRoot, set) },
      encoding: 'utf8',
    });
    expect(said).toMatch(/^mupdf is not installed .*\npdf-parse\n$/);
  }, 120_000);

  it('make the legacy app with its model', () => {
    const { imageRoot } = steps('legacy/Dockerfile');
    expect(existsSync(join(imageRoot, 'opt/banyan/all-MiniLM-L6-v2'))).toBe(true);
    expect(existsSync(join(imageRoot, 'app/app.py'))).toBe(true);
  });
});
