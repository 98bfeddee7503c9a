/** Node, its packages, and what is set up once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, type Finding, fault, ok, warning } from '@banyan/gateway/cli/doctor/check.ts';
import { packagesAreCurrent } from '../../setup/bootstrap.mjs';
import { findPython } from '../../setup/find-python.ts';

export interface Machine {
  /** The repository's root. */
  root: string;
  env: Record<string, string | undefined>;
  setupFolder: string;
}

export const node = ({ root }: Machine): Check => ({
  name: 'Node',
  async look() {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: { node: string };
    };
    const [runs, wanted] = [process.versions.node, dependencies.node];
    if (runs === wanted) return ok(`Node ${runs}`);
    return Number.parseInt(runs, 10) < 24
      ? fault(
          `Node ${runs}, and 24 is needed`,
          'Start it with `npm start` or `npx banyan`, which bring their own.',
        )
      : warning(`Node ${runs}, tested with ${wanted}`, 'Use the Node of package.json, or the image.');
  },
});

export const packages = ({ root, env }: Machine): Check => ({
  name: 'Packages',
  async look() {
    if (packagesAreCurrent(root)) return ok('as package-lock.json has them');
    // An image has no packages of development.
    if (env.NODE_ENV === 'production') return ok('those of the image');
    return fault('they are not those of package-lock.json', 'Run `npm ci`; `npm start` does it too.');
  },
});

/** Of a legacy app that is started here. */
export async function legacyPython({ setupFolder, env }: Machine): Promise<Finding> {
  if (existsSync(join(setupFolder, 'python/bin/python'))) return ok('its Python environment is there');
  const { version } = await findPython(env);
  return ok(`its environment is made at the first start, with Python ${version}`);
}

export const embeddingModel = ({ setupFolder }: Machine): Check => ({
  name: 'Embedding model',
  async look() {
    const model = join(setupFolder, 'all-MiniLM-L6-v2/onnx/model.onnx');
    return existsSync(model)
      ? ok('it is there')
      : warning('it is not there yet', 'The first start makes it, with about 180 MB to download.');
  },
});
