/** The command line, with what comes from the system: environment, arguments, terminal, user. */
import { dirname, join } from 'node:path';
import { runCli } from '@banyan/gateway/cli/cli.ts';
import { endWithPipe, systemUser } from '@banyan/gateway/cli/system.ts';
import { importing } from '../banyan.import.ts';
import { readSettings } from '../banyan.settings.ts';
import { nodeFlags } from '../tools/setup/node-flags.mjs';

const root = dirname(import.meta.dirname);
const { env, stdout, stderr } = process;
endWithPipe([stdout, stderr]);
const settings = () => readSettings(env);

const system = {
  settings,
  async application() {
    const [{ createApplication }, { withEvidence }] = await Promise.all([
      import('../banyan.config.ts'),
      import('../banyan.evidence.ts'),
    ]);
    const read = settings();
    return withEvidence(createApplication(read), read.quirksRetired);
  },
  user: systemUser(env),
  stdout,
  stderr,
};

process.exitCode = await runCli(process.argv.slice(2), system, {
  suite: { nodeFlags, script: join(root, 'contract-tests/run.ts') },
  importing: importing({
    settings,
    async python({ setupFolder, dataFolder }, report) {
      const { ensurePython } = await import('../tools/setup/python.ts');
      return ensurePython({ root, setupFolder, logFile: join(dataFolder, 'logs/setup.log'), report, env });
    },
  }),
  async checks() {
    const { checksOf } = await import('../tools/launch/doctor/index.ts');
    return checksOf({ settings: settings(), root, env });
  },
});
