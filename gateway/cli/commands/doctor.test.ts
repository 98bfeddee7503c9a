/** `banyan doctor` beside a running gateway: it asks for what that runs with, and says where this environment differs. */
import { Writable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { type ConfigurationOptions, configurationRoutes, masked } from '../../console/configuration.ts';
import type { JournalSize } from '../../continuity/journal/size.ts';
import { readSettings } from '../../settings.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { openConsole, shippedFlags } from '../../test/support/console.ts';
import { flagFolder } from '../../test/support/flag-folder.ts';
import { runCli } from '../cli.ts';
import type { Checked } from '../doctor/check.ts';
import { configuration } from '../doctor/configuration.ts';
import { flags } from '../doctor/flags.ts';
import { dataFolder, gateway, legacyApp, ports } from '../doctor/machine.ts';
import { database } from '../doctor/servers.ts';

const there = { PORT: '9090', CONTINUITY: 'on' };
const legacyUrl = 'http://127.0.0.1:9';

/** A console that runs with `env`, and the doctor in an environment that only knows the data folder and `here`. */
async function examined(
  env: Record<string, string>,
  here: Record<string, string>,
  journal?: ConfigurationOptions['journal'],
) {
  const at = flagFolder(shippedFlags);
  const store = await at.open();
  await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'test' });
  const folders = { BANYAN_DATA: at.data, BANYAN_FLAGS: at.file };
  const settings = readSettings({ ...folders, ...env }, '/');
  const routes = configurationRoutes({
    settings,
    table: chatTable,
    store,
    publicUrl: 'http://127.0.0.1:9090',
    legacyUrl,
    journal,
  });
  const console = await openConsole(at, store, { extensions: [routes] });
  onTestFinished(async () => {
    await console.close();
    await store.close();
  });
  let out = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      out += chunk.toString();
      done();
    },
  }) as NodeJS.WriteStream;
  const system = {
    settings: () => readSettings({ BANYAN_DATA: at.data, CONSOLE_PORT: '2', ...here }, '/'),
    application: async () =>
      ({ table: chatTable, implemented: new Set(chatTable.routes.map(({ key }) => key)) }) as never,
    user: 'ada',
    stdout,
    stderr: stdout,
  };
  const noLegacy = () => Promise.reject(new Error('it is asked where legacy is'));
  const checks = async () => [
    dataFolder,
    ports(() => []),
    gateway,
    configuration,
    legacyApp(noLegacy),
    database(),
    ...flags,
  ];
  await runCli(['doctor', '--json'], system, { checks });
  const found = (JSON.parse(out) as { checks: Checked[] }).checks;
  const of = (name: string) =>
    found.filter((one) => one.name === name).map(({ health, says }) => `${health}: ${says}`);
  return { of, at, out };
}

it('goes by the configuration of the gateway, and names each variable that differs here', async () => {
  const { of, at } = await examined(there, {
    PORT: '8080',
    BANYAN_FLAGS: '/nowhere/flags.yaml',
    CONTINUITY: 'off',
  });
  const [own, ...differences] = of('Configuration');
  expect(own).toMatch(/^ok: of the gateway \(process \d+\): BANYAN_DATA /);
  expect(own).toContain('CONTINUITY on, so writes are not journaled; legacy at http://127.0.0.1:9');
  expect(own).toContain(`flags of ${at.file}: epoch 1, 1 of 14 routes are not legacy`);
  expect(differences).toHaveLength(1);
  for (const difference of [
    'PORT is 9090 there and 8080 here; ',
    'CONSOLE_PORT is 8081 there and 2 here; ',
    `BANYAN_FLAGS is ${at.file} there and /nowhere/flags.yaml here; `,
    'CONTINUITY is on there and off here',
  ])
    expect(differences[0]).toContain(difference);
  expect(differences[0]).not.toMatch(/DATA|LEGACY|RELAY|DATABASE/);
  // What is looked at is the gateway's.
  expect(of('Flags')[0]).toMatch(new RegExp(`^ok: ${at.file} has no faults`));
  expect(of('Legacy app')).toEqual([`fault: does not answer at ${legacyUrl}`]);
  expect(of('Ports')).toEqual(['ok: in use by the gateway: http://127.0.0.1:9090']);
  expect(of('Database')[0]).toContain(`embedded, made at the first use in ${at.data}`);
});

it('shows the database of the gateway without its password, and asks the gateway how it is', async () => {
  const DATABASE_URL = 'postgres://u:hunter2@db.example/b?sslpassword=hunter3';
  const answers = async () => ({}) as JournalSize;
  const { of, out } = await examined({ ...there, DATABASE_URL }, {}, answers);
  expect(out).not.toMatch(/hunter/);
  expect(of('Database')).toEqual(['ok: postgres://u:***@db.example/b?sslpassword=*** answers the gateway']);
  const away = () => Promise.reject(new Error('no connection'));
  expect((await examined({ ...there, DATABASE_URL }, {}, away)).of('Database')).toEqual([
    'fault: the gateway cannot ask its database',
  ]);
});

it('says so where the gateway does not answer this command, and looks at the rest', async () => {
  const { of } = await examined(there, { CONSOLE_TOKEN: 'not the right token at all' });
  expect(of('Gateway')[0]).toMatch(/^fault: http:\S+ The console wants its token/);
  expect(of('Configuration')[0]).toMatch(/^warning: the gateway does not say/);
});

it.each([
  ['postgres://u:p@h/d', 'postgres://u:***@h/d'],
  ['postgres://h/d?user=u&password=p', 'postgres://h/d?user=u&password=***'],
  ['postgres://u@h/d', 'postgres://u@h/d'],
])('%s is shown as %s', (address, shown) => expect(masked(address)).toBe(shown));
