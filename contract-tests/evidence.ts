/** The files that evidence is about: those that decide how the new backend answers, and the recordings that it was compared on. */
import type { Fingerprints } from '@banyan/gateway/evidence/evidence.ts';
import { type Evidenced, fingerprintsOf } from '@banyan/gateway/evidence/evidenced.ts';

export const EVIDENCE_FILE = 'contract-tests/evidence.json';
export const ACCEPTED_FILE = 'contract-tests/accepted.yaml';

const ofTests = /\.test\.ts$|\/(?:testing|parity|corpus)\/|\.md$/;

export const chatbotEvidence: Evidenced = {
  file: EVIDENCE_FILE,
  code: [
    'services',
    'operations',
    'route-table',
    'contract',
    'migrations',
    'package-lock.json',
    'banyan.config.ts',
    'banyan.settings.ts',
  ],
  counts: (path) => !ofTests.test(path),
  recordings: ['contract-tests/recordings', ACCEPTED_FILE],
  accepted: ACCEPTED_FILE,
  command: 'npm run contract',
};

/**
 * Fingerprints of the code and the recordings that are in a checkout now.
 * @param retired quirks that the new backend does not have, names with commas between, as `QUIRKS_RETIRED` has them
 */
export const fingerprintsIn = (root: string, retired = ''): Fingerprints =>
  fingerprintsOf(chatbotEvidence, root, retired);
