/** `node tools/setup/make-python.ts FOLDER`: the legacy app's Python environment alone, for the container image that imports. */
import { imageContext } from './for-image.ts';
import { ensurePython } from './python.ts';

console.error(await ensurePython(imageContext(process.argv.slice(2))));
