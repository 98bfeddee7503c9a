/** `npm run crashes -- --runs 200 --seed 1`: half of the runs on each form. */
import { parseArgs } from 'node:util';
import { crash } from './crash.ts';
import { embeddedForm, scaledOutForm } from './forms.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    form: { type: 'string' },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error('usage: npm run crashes -- [--runs 200] [--seed 1] [--form embedded|scaled-out]');
  process.exit(2);
}
const forms = { embedded: embeddedForm, 'scaled-out': scaledOutForm };
const chosen = Object.entries(forms).filter(([name]) => values.form === undefined || values.form === name);
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
