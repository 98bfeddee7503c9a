/** A proxy that is measured. Everything outside of this folder knows nothing of which one it is. */
import type { ProgramOptions, Running } from '../../system/processes.ts';

export interface PeerOptions extends Omit<ProgramOptions, 'name'> {
  /** Origin of the upstream, `http://127.0.0.1:PORT`. */
  upstream: string;
}

export interface Peer {
  name: string;
  /** What it is compared as; a `bare` proxy is Node with nothing around the forwarding. */
  kind: 'server' | 'bare' | 'gateway';
  /** Why it cannot be run here, and what to do; undefined: it can. */
  missing?: string | undefined;
  /** Starts it as a process of its own, which takes its log and errors to a file. */
  start(options: PeerOptions): Promise<Running>;
}
