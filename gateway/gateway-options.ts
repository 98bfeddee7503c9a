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
  /** Around the relay's model, where writes are mirrored. */
  tie?: Tie | undefined;
  log: PinoLogger;
}
