/** What evidence is of: the files that decide what the new backend answers, and the recordings that it was held against. */
import type { Fingerprints } from '@banyan/gateway/evidence/evidence.ts';
import { fingerprint } from '@banyan/gateway/evidence/fingerprint.ts';

export const EVIDENCE_FILE = 'contract-tests/evidence.json';
export const ACCEPTED_FILE = 'contract-tests/accepted.yaml';

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
    recordings: fingerprint(root, ['contract-tests/recordings', ACCEPTED_FILE]),
    retired: retired
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}
