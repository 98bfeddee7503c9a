/** `node suite/fuzz/run.ts --application FILE …`: generated sequences against any application. */
import { fuzz } from './fuzz.ts';

await fuzz(process.argv.slice(2));
