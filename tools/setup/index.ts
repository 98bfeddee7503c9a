/** What a start needs besides the npm packages: a Python with the legacy app's packages, and the embedding model. */
import { join } from 'node:path';
import type { SetupContext } from './command.ts';
import { ensureEmbeddingModel } from './embedding-model.ts';
import { ensurePython } from './python.ts';

export interface SetupOptions extends Omit<SetupContext, 'logFile'> {
  /** Its `logs/setup.log` gets what pip and the build print. */
  dataFolder: string;
}

export interface Setup {
  /** The interpreter of the legacy app's environment. */
  python: string;
  /** Folder of the embedding model: `tokenizer.json`, `onnx/model.onnx`. */
  embeddingModel: string;
}

/**
 * Makes what is missing and says so; does nothing, in a few milliseconds, when nothing is. Two at once wait for each
 * other; what was broken off is made anew.
 * @throws BanyanError with one line on what to do; AbortError when the signal stops it
 */
export async function ensureSetup(options: SetupOptions): Promise<Setup> {
  const context = contextOf(options);
  const python = await ensurePython(context);
  return { python, embeddingModel: await ensureEmbeddingModel(context, async () => python) };
}

/**
 * For whoever runs no legacy app: the embedding model alone. Python is needed only where the model is not there yet, and a
 * container image brings it.
 * @returns its folder
 * @throws as `ensureSetup`
 */
export function ensureModel(options: SetupOptions): Promise<string> {
  const context = contextOf(options);
  return ensureEmbeddingModel(context, () => ensurePython(context));
}

const contextOf = (options: SetupOptions): SetupContext => ({
  ...options,
  logFile: join(options.dataFolder, 'logs/setup.log'),
});
