/** `npm run bench -- NAME`: the benchmarks. */
import { Command } from 'commander';
import { flipsCommand } from './flips/command.ts';
import { ingestCommand } from './ingest/command.ts';
import { proxyCommand } from './proxy/command.ts';
import { retrievalCommand } from './retrieval/command.ts';
import { routesCommand } from './routes/command.ts';

const program = new Command('npm run bench --')
  .description('Measures Banyan against its peers, in one run, and prints ratios.')
  .addCommand(proxyCommand())
  .addCommand(ingestCommand())
  .addCommand(routesCommand())
  .addCommand(retrievalCommand())
  .addCommand(flipsCommand());

try {
  await program.parseAsync();
} catch (error) {
  console.error(told(error));
  process.exitCode = 1;
}

/** `fetch failed` says nothing without its cause. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${told(error.cause)}` : error.message;
}
