/** What a load generator is asked, and what it says. */

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
