/** Makes load on an address and says what came of it. */
import { installed, versionOf } from '../system/tools.ts';
import { autocannon } from './autocannon.ts';
import { wrk } from './wrk.ts';

export interface LoadOptions {
  url: string;
  connections: number;
  seconds: number;
  core: number | undefined;
  /** GET without a body unless told. */
  request?: LoadRequest | undefined;
}

export interface LoadRequest {
  method: string;
  /** Of the body. */
  type?: string;
  body?: string;
}

export interface Load {
  requestsPerSecond: number;
  /** Of whole answers, in microseconds. */
  latency: { p50: number; p99: number };
  /** Answers other than 2xx, and connections that broke or timed out. */
  failures: number;
}

export interface LoadGenerator {
  /** With version. */
  name: string;
  run(options: LoadOptions): Promise<Load>;
}

/** wrk where it is installed; else autocannon, which comes with the dependencies, and uses more of its core. */
export function loadGenerator(): LoadGenerator {
  const program = installed('wrk');
  return program ? wrk(program, versionOf(program, '-v')) : autocannon();
}
