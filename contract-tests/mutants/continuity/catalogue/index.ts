/** Faults in state continuity: each guarantee, broken on purpose. */
import type { ContinuityFault } from '@banyan/suite/mutants/continuity/fault.ts';
import { knowledgeFaults } from './known.ts';
import { protocolFaults } from './protocol.ts';

export const continuityFaults: readonly ContinuityFault[] = [...protocolFaults, ...knowledgeFaults];
