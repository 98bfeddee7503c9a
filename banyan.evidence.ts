/** The application with its evidence: what is committed in `contract-tests/`. */
import type { Application } from '@banyan/gateway/application.ts';
import { withEvidenceOf } from '@banyan/gateway/evidence/evidenced.ts';
import { chatbotEvidence } from './contract-tests/evidence.ts';

/** @throws Error that says what is wrong in the register of accepted differences */
export const withEvidence = (application: Application, retired?: string | undefined): Application =>
  withEvidenceOf(application, chatbotEvidence, { root: import.meta.dirname, retired });
