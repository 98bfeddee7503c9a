/** A relay for one backend, which keeps what the backend sent to the model. */
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { ModelProvider } from '@banyan/gateway/relay/provider.ts';
import { startRelay } from '@banyan/gateway/relay/relay.ts';
import type { StandInVoice } from '@banyan/gateway/relay/stand-in/voice.ts';
import type { ModelSettings } from '@banyan/gateway/settings.ts';
import type { ModelCallSource } from '../replay/model-log.ts';

export interface SeenRelay extends ModelCallSource {
  /** What the backend gets as its model's address and key. */
  url: string;
  key: string;
  close(): Promise<void>;
}

export interface SeenRelayOptions {
  /** Any free port of loopback unless told. */
  host?: string;
  port?: number;
  key?: string | undefined;
  /** The stand-in unless told: it says the same to the same prompt, and costs nothing. */
  model?: ModelSettings;
  standIn?: StandInVoice | undefined;
  /** Around what is seen: what it answers by itself is no call to the model. */
  around?: ((provider: ModelProvider) => ModelProvider) | undefined;
}

export async function startSeenRelay({
  host = '127.0.0.1',
  port = 0,
  key,
  model = { kind: 'stand-in' },
  standIn,
  around = (provider) => provider,
}: SeenRelayOptions = {}): Promise<SeenRelay> {
  const seen: ModelCallSeen[] = [];
  const log = { info() {}, warn() {} };
  const seeing = (provider: ModelProvider): ModelProvider => ({
    name: provider.name,
    close: () => provider.close(),
    call(call, signal) {
      seen.push({ model: call.model, request: call.request as Record<string, unknown> });
      return provider.call(call, signal);
    },
  });
  const relay = await startRelay({
    host,
    port,
    key,
    model,
    standIn,
    log,
    around: (provider) => around(seeing(provider)),
  });
  return { url: relay.url, key: relay.key, take: () => seen.splice(0), close: () => relay.close() };
}
