/** `npm run crashes` */
import { Option } from 'commander';
import { fromZero, npmCommand, positive } from '../../../tools/setup/options.ts';
import { crash } from './crash.ts';
import { embeddedForm, scaledOutForm } from './forms.ts';

const forms = { embedded: embeddedForm, 'scaled-out': scaledOutForm };
const {
  runs,
  seed,
  form: only,
} = npmCommand(
  'crashes',
  'Kills of API, worker, ingestion child, PostgreSQL and Redis at random moments, while PDFs are uploaded and deleted; half of them on each form.',
  '0 nothing was lost, doubled, stuck or found again; 1 something was',
)
  .option('--runs <n>', 'how many', positive, 200)
  .option('--seed <n>', 'of what is random', fromZero, Date.now() % 1_000_000)
  .addOption(new Option('--form <name>', 'one alone').choices(Object.keys(forms)))
  .parse()
  .opts<{ runs: number; seed: number; form?: keyof typeof forms }>();
const chosen = only ? [forms[only]] : Object.values(forms);
console.log(`Seed ${seed}.`);
let faults = 0;
for (const open of chosen) {
  const form = await open();
  try {
    const report = await crash(form, {
      runs: Math.ceil(runs / chosen.length),
      seed,
      report: (line) => console.log(line),
    });
    console.log(JSON.stringify(report, undefined, 2));
    faults += report.faults.length;
  } finally {
    await form.close();
  }
}
process.exit(faults ? 1 : 0);
