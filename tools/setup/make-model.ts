/** `node tools/setup/make-model.ts FOLDER`: the embedding model alone, for a container image. */
import { ensureEmbeddingModel } from './embedding-model.ts';
import { imageContext, passingPython } from './for-image.ts';

console.error(await ensureEmbeddingModel(imageContext(process.argv.slice(2)), passingPython));
