/** `npm run crashes -- --runs 200 --seed 1`: half of the runs on each form. */
import { parseArgs } from 'node:util';
import { crash } from './crash.ts';
import { embeddedForm, scaledOutForm } from './forms.ts';

const forms = { embedded: embeddedForm, 'scaled-out': scaledOutForm };
const { runs, seed, chosen } = read();
console.log(`Seed ${seed}.`);
let faults = 0;
for (const [, open] of chosen) {
  const form = await open();
  try {
    const report = await crash(form, {
      ...{ runs: Math.ceil(runs / chosen.length), seed },
      report: (line) => console.log(line),
    });
    console.log(JSON.stringify(report, undefined, 2));
    faults += report.faults.length;
  } finally {
    await form.close();
  }
}
process.exit(faults ? 1 : 0);

function read() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        form: { type: 'string' },
      },
    });
    const [runs, seed] = [Number(values.runs), Number(values.seed)];
    // A form that is not there would find no fault.
    const chosen = Object.entries(forms).filter(([name]) => name === (values.form ?? name));
    if (Number.isInteger(runs) && runs > 0 && Number.isInteger(seed) && chosen.length > 0)
      return { runs, seed, chosen };
  } catch {
    // An option that is not there.
  }
  console.error('usage: npm run crashes -- [--runs 200] [--seed 1] [--form embedded|scaled-out]');
  process.exit(2);
}
