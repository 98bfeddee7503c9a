/** Where tests find what `npm test` has set up before they run. */
import { dirname, join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';

/** The repository's root. */
export const root = dirname(dirname(dirname(import.meta.dirname)));

const { setupFolder } = readSettings(
  { BANYAN_DATA: process.env.BANYAN_DATA, BANYAN_SETUP: process.env.BANYAN_SETUP },
  root,
);

/** The interpreter of the legacy app's environment. */
export const python = join(setupFolder, 'python/bin/python');
/** `tokenizer.json`, `onnx/model.onnx`. */
export const embeddingModel = join(setupFolder, 'all-MiniLM-L6-v2');
