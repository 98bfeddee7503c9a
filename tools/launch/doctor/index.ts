/** Everything that the doctor looks at, in the order in which it says it. */
import { type Check, type Checked, examine, type Patient } from './check.ts';
import { flags } from './flags.ts';
import { machine } from './machine.ts';
import { servers } from './servers.ts';

export const checks: readonly Check[] = [...machine, ...servers, ...flags];

export const diagnose = (patient: Patient): Promise<Checked[]> => examine(checks, patient);
