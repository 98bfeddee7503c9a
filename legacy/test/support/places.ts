/** Where the tests find the app, its Python environment and the embedding model. */
import { join } from 'node:path';
import * as places from '../../../tools/setup/testing/places.ts';

export const { root, embeddingModel } = places;
/** `LEGACY_TEST_APP`: a deliberately broken copy instead, to see that the tests notice. */
export const appFile = process.env.LEGACY_TEST_APP ?? join(root, 'legacy/app.py');
/** `LEGACY_TEST_PYTHON`: another Python's environment instead. */
export const python = process.env.LEGACY_TEST_PYTHON ?? places.python;
export const support = join(root, 'legacy/test/support');
