/** Every planted fault. */
import type { Mutant } from '@banyan/suite/mutants/mutant.ts';
import { chats } from './chats.ts';
import { documents } from './documents.ts';
import { wire } from './wire.ts';

export const mutants: readonly Mutant[] = [...wire, ...chats, ...documents];
