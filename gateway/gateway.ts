/** Puts a gateway together and runs it: flags, recorder, public origin. The console is beside it. */
import type { Answer, Application } from './application.ts';
import { httpBackend } from './backends/http/http-backend.ts';
import { hpmBackend } from './backends/http-proxy-middleware/hpm-backend.ts';
import { type FlagStore, openFlags } from './flags/store.ts';
import type { Logger } from './log.ts';
import { openPublicOrigin } from './public-origin.ts';
import type { Settings } from './settings.ts';

export interface GatewayOptions {
  settings: Settings;
  application: Application;
  /** Where legacy answers. */
  legacyUrl: string;
  log: Logger;
  /** A page of the gateway's own, by path: the chat page in development. */
  page?: (path: string) => Answer | undefined;
}

export interface RunningGateway {
  /** The public origin, as it can be reached from this machine. */
  url: string;
  flags: FlagStore;
  /** Unready, finishes what is in flight (at most `grace` milliseconds, 10,000 unless told), and stops. */
  close(grace?: number): Promise<void>;
}

const forwarders: Record<Settings['forwarder'], typeof httpBackend> = {
  http: httpBackend,
  'http-proxy-middleware': hpmBackend,
};

export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { settings, application, legacyUrl, log } = options;
  const flags = await openFlags({
    file: settings.flagFile,
    dataFolder: settings.dataFolder,
    table: application.table,
    log,
  });
  const legacy = forwarders[settings.forwarder]({ name: 'legacy', url: legacyUrl });
  const origin = await openPublicOrigin({
    host: settings.gateway.host,
    port: settings.gateway.port,
    application,
    legacy,
    legacyUrl,
    flags,
    trustedProxies: settings.trustedProxies,
    page: options.page,
    log,
  });
  return {
    url: origin.url,
    flags,
    async close(grace = 10_000) {
      await origin.close(grace);
      await legacy.close();
      await application.newBackend.close();
      await flags.close();
    },
  };
}
