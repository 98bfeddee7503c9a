/** An application's evidence: the files that it is about, the file that keeps it, and the command that makes it again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inForceWithout } from '@banyan/compare/accept.ts';
import { parseAccepted } from '@banyan/compare/accepted-register.ts';
import type { Application } from '../application.ts';
import { committedEvidence, type Fingerprints } from './evidence.ts';
import { fingerprint } from './fingerprint.ts';

/** Paths are relative to the checkout. */
export interface Evidenced {
  /** Where the contract suite writes it. */
  file: string;
  /** Files and folders that decide what the new backend answers. */
  code: readonly string[];
  /** False for files in them that change no answer, such as tests; all count unless told. */
  counts?: (path: string) => boolean;
  /** What the backends were held against. */
  recordings: readonly string[];
  /** The register of accepted differences; nothing is accepted without one. */
  accepted?: string;
  /** What makes new evidence. */
  command: string;
}

/**
 * Fingerprints of the code and the recordings that are in a checkout now.
 * @param retired quirks that the new backend does not have, names with commas between
 */
export function fingerprintsOf(
  { code, counts, recordings }: Evidenced,
  root: string,
  retired = '',
): Fingerprints {
  return {
    code: fingerprint(root, code, counts),
    recordings: fingerprint(root, recordings),
    retired: retired
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}

/**
 * The application, whose routes are flipped only where the committed evidence is of the code that is loaded now, and whose
 * answers are compared with the differences accepted that the contract suite accepts.
 * @param root the checkout
 * @throws Error that names the fault in the register of accepted differences
 */
export function withEvidenceOf(
  application: Application,
  evidenced: Evidenced,
  { root, retired }: { root: string; retired?: string | undefined },
): Application {
  const { file, command, accepted: register } = evidenced;
  const running = fingerprintsOf(evidenced, root, retired);
  const evidence = committedEvidence({ file: join(root, file), running, command });
  if (register === undefined) return { ...application, evidence };
  const path = join(root, register);
  const rules = parseAccepted(readFileSync(path, 'utf8'), path);
  const accepted = inForceWithout(running.retired, rules).filter(({ otherMoments }) => !otherMoments);
  return { ...application, evidence, accepted };
}
