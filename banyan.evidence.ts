/** Adds the evidence that is committed in `contract-tests/` to the application. */
import type { Application } from '@banyan/gateway/application.ts';
import { withEvidenceOf } from '@banyan/gateway/evidence/evidenced.ts';
import { chatbotEvidence } from './contract-tests/evidence.ts';

/** @throws Error that names the fault in the register of accepted differences */
export const withEvidence = (application: Application, retired?: string | undefined): Application =>
  withEvidenceOf(application, chatbotEvidence, { root: import.meta.dirname, retired });
