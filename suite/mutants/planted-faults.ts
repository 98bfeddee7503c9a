/** What an application says of the faults that can be planted in it. */
import type { StandInVoice } from '@banyan/gateway/relay/stand-in/voice.ts';
import type { ContinuityFault } from './continuity/fault.ts';
import type { Mutant } from './mutant.ts';

export interface CopyOptions {
  /** The repository's root. */
  root: string;
  /** Files and folders below it that the copy has. */
  parts: readonly string[];
  /** Paths that it does not have all the same. */
  leftOut?: RegExp;
  /** Folders of the copy whose modules faults may be in. */
  searched: readonly string[];
}

export interface ServedCopy extends CopyOptions {
  /**
   * The program of the copy that serves the new backend, below the root. It gets JSON in its only argument (`model`: where
   * the model is and its key, and what `given` gives), sends `{url}` on its channel, and ends when the channel does.
   */
  serve: string;
  given(): Promise<object>;
  /** How the relay's stand-in answers the copy. */
  standIn?: StandInVoice;
}

/** Faults of state continuity, and the tests that have to see them. */
export interface TestedFaults {
  faults: readonly ContinuityFault[];
  copy: CopyOptions;
  /** The folder of those tests, below the root. */
  tests: string;
}

export interface PlantedFaults {
  mutants: readonly Mutant[];
  /** The file that says which recording showed each fault last. */
  seen: string;
  copy: ServedCopy;
  continuity?: TestedFaults;
}
