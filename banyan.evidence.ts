/** The application with its evidence: what is committed in `contract-tests/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inForceWithout } from '@banyan/compare/accept.ts';
import { parseAccepted } from '@banyan/compare/accepted-register.ts';
import type { Application } from '@banyan/gateway/application.ts';
import { committedEvidence } from '@banyan/gateway/evidence/evidence.ts';
import { ACCEPTED_FILE, EVIDENCE_FILE, fingerprintsIn } from './contract-tests/evidence.ts';

/**
 * The application, whose routes are flipped only where the committed evidence is of the code that is loaded now, and whose
 * answers are compared with the differences accepted that the contract suite accepts.
 * @throws Error that says what is wrong in the register of those
 */
export function withEvidence(application: Application, retired?: string | undefined): Application {
  const root = import.meta.dirname;
  const running = fingerprintsIn(root, retired);
  const evidence = committedEvidence({
    file: join(root, EVIDENCE_FILE),
    running,
    command: 'npm run contract',
  });
  const register = join(root, ACCEPTED_FILE);
  const rules = parseAccepted(readFileSync(register, 'utf8'), register);
  const accepted = inForceWithout(running.retired, rules).filter(({ otherMoments }) => !otherMoments);
  return { ...application, evidence, accepted };
}
