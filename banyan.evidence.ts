/** What evidence is of: the files that decide what the new backend answers, and the recordings that it was held against. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inForceWithout } from '@banyan/compare/accept.ts';
import { parseAccepted } from '@banyan/compare/accepted-register.ts';
import type { Application } from '@banyan/gateway/application.ts';
import { committedEvidence, type Fingerprints } from '@banyan/gateway/evidence/evidence.ts';
import { fingerprint } from '@banyan/gateway/evidence/fingerprint.ts';

export const EVIDENCE_FILE = 'contract-tests/evidence.json';
const ACCEPTED_FILE = 'contract-tests/accepted.yaml';

const code = [
  'services',
  'operations',
  'route-table',
  'contract',
  'migrations',
  'package-lock.json',
  'banyan.config.ts',
];
const ofTests = /\.test\.ts$|\/(?:testing|parity|corpus)\/|\.md$/;

/**
 * Fingerprints of what is in a checkout now.
 * @param retired quirks that the new backend does not have, names with commas between, as `QUIRKS_RETIRED` has them
 */
export function fingerprintsIn(root: string, retired = ''): Fingerprints {
  return {
    code: fingerprint(root, code, (path) => !ofTests.test(path)),
    recordings: fingerprint(root, ['contract-tests/recordings', 'contract-tests/accepted.yaml']),
    retired: retired
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}

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
