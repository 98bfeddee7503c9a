/** Everything that the chat page needs, for real: gateway, untouched legacy app, relay with the stand-in. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApplication } from '../../../banyan.config.ts';
import { readSettings } from '../../../banyan.settings.ts';
import { chatbotVoice } from '../../../contract/stand-in.ts';
import { startGateway } from '../../../gateway/gateway.ts';
import { createLog } from '../../../gateway/log.ts';
import { startRelay } from '../../../gateway/relay/relay.ts';
import { startLegacy } from '../../../tools/launch/legacy.ts';
import { embeddingModel, python, root } from '../../../tools/setup/testing/places.ts';

export interface Stage {
  /** The chat page. */
  page: string;
  close(): Promise<void>;
}

/** @param port 0: any free one. */
export async function setStage(port = 0): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-chat-'));
  const flagFile = join(folder, 'flags.yaml');
  await cp(join(root, 'flags.yaml'), flagFile);
  const settings = readSettings(
    {
      HOST: '127.0.0.1',
      PORT: String(port),
      CONSOLE_PORT: '0',
      BANYAN_DATA: folder,
      BANYAN_FLAGS: flagFile,
      CONTINUITY: 'off',
    },
    root,
  );
  const log = createLog('silent');
  const relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    model: settings.model,
    standIn: chatbotVoice,
    log,
  });
  const legacy = await startLegacy({
    root,
    python,
    embeddingModel,
    folder: join(folder, 'legacy'),
    port: 0,
    model: { baseUrl: relay.url, key: relay.key },
  });
  const gateway = await startGateway({
    settings,
    application: createApplication(settings),
    legacyUrl: legacy.url,
    log,
  });
  return {
    page: `${gateway.url}/chat`,
    async close() {
      await gateway.close(0);
      await legacy.stop();
      await relay.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
