/** Where the tests find the app, its Python environment and the embedding model. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const appFile = join(root, 'legacy/app.py');
export const python = join(root, '.banyan/setup/python/bin/python');
export const embeddingModel = join(root, '.banyan/setup/all-MiniLM-L6-v2');
export const support = join(root, 'legacy/test/support');
