import type { Logger as PinoLogger } from 'pino';
import type { Application } from './application.ts';
import type { Tie } from './continuity/model-calls/tie.ts';
import type { Settings } from './settings.ts';

export interface GatewayOptions {
  settings: Settings;
  application: Application;
  /** Where legacy answers. */
  legacyUrl: string;
  /** Legacy was started just now, so nothing was sent to it yet. */
  legacyIsNew?: boolean;
  /** Which start of legacy that is, if the program that starts it tells: another text is another start, so legacy has forgotten. */
  legacyStarted?: string | undefined;
  /** Around the relay's model, where writes are mirrored. */
  tie?: Tie | undefined;
  log: PinoLogger;
}
