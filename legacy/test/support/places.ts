/** Where the tests find the app, its Python environment and the embedding model. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
/** `LEGACY_TEST_APP`: a deliberately broken copy instead, to see that the tests notice. */
export const appFile = process.env.LEGACY_TEST_APP ?? join(root, 'legacy/app.py');
/** `LEGACY_TEST_PYTHON`: another Python's environment instead. */
export const python = process.env.LEGACY_TEST_PYTHON ?? join(root, '.banyan/setup/python/bin/python');
export const embeddingModel = join(root, '.banyan/setup/all-MiniLM-L6-v2');
export const support = join(root, 'legacy/test/support');
