/** `banyan verify`: the contract suite. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChild } from '@banyan/operations/processes/child.mjs';
import type { Command } from 'commander';
import { nodeFlags } from '../../../tools/setup/node-flags.mjs';
import { BanyanError } from '../../errors.ts';
import type { CliContext } from '../context.ts';

const examples = `
It is npm run contract, and takes its options too: npm run contract -- --help lists them.

Exits with 0 where both backends agree, with 1 where they do not, and with 2 where the suite cannot run.

Examples:
  banyan verify                          every recording; writes the evidence that a flip asks for
  banyan verify --recording first-use
  banyan verify --json | jq '.divergences'`;

/** @param root where the contract suite is looked for */
export function verifyCommand(
  program: Command,
  context: CliContext,
  root = dirname(dirname(dirname(import.meta.dirname))),
): void {
  program
    .command('verify')
    .summary('replay the recordings to both backends and compare every answer')
    .description(
      'Replays the recordings to a legacy app and a new backend that it starts itself, compares every answer byte for byte, and writes the evidence.',
    )
    .argument('[options...]', 'for the suite')
    .allowUnknownOption()
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', examples)
    .action(async (args: string[], { json }: { json: boolean }) => {
      const suite = join(root, 'contract-tests/run.ts');
      if (!existsSync(suite)) throw new BanyanError('suite_not_here');
      const run = (more: string[], shown: 'inherit' | 'ignore') =>
        runChild(process.execPath, [...nodeFlags, suite, ...args, ...more], {
          stdio: ['inherit', shown, 'inherit', 'ipc'],
        });
      if (!json) {
        context.exitCode = (await run([], 'inherit')).exitCode;
        return;
      }
      const folder = await mkdtemp(join(tmpdir(), 'banyan-verify-'));
      try {
        const result = join(folder, 'result.json');
        context.exitCode = (await run(['--result', result], 'ignore')).exitCode;
        if (existsSync(result)) context.print((await readFile(result, 'utf8')).trimEnd());
      } finally {
        await rm(folder, { recursive: true });
      }
    });
}
