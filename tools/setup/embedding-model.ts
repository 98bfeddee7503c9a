/** all-MiniLM-L6-v2 as an ONNX file, made from the weights that a Python package carries; see build_onnx.py. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { withLock } from '@banyan/operations/processes/lock.mjs';
import { runCommand, type SetupContext } from './command.ts';
import { pipInstall } from './pip.ts';
import { digestOf, readStamp, writeStamp } from './stamp.ts';

const recipe = [
  'tools/setup/build_onnx.py',
  'tools/setup/model-requirements.txt',
  'tools/setup/reference-vectors.jsonl',
];

/**
 * Makes sure of `<setupFolder>/all-MiniLM-L6-v2`: `config.json`, `tokenizer.json`, `tokenizer_config.json`, `onnx/model.onnx`.
 * @param python an interpreter of a virtual environment, for pip and the build; asked for where there is something to build
 * @returns the folder
 * @throws BanyanError `download_failed`, `setup_failed`
 */
export async function ensureEmbeddingModel(
  context: SetupContext,
  python: () => Promise<string>,
): Promise<string> {
  const folder = join(context.setupFolder, 'all-MiniLM-L6-v2');
  const digest = await digestOf(recipe.map((file) => join(context.root, file)));
  if (await isReady(folder, digest)) return folder;
  const interpreter = await python();
  const onWait = (pid: number) =>
    context.report(`Waiting for another start (process ${pid}) to build the embedding model …`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!(await isReady(folder, digest))) await build(context, interpreter, folder, digest);
    },
    { onWait, signal: context.signal },
  );
  return folder;
}

const modelFile = (folder: string) => join(folder, 'onnx/model.onnx');

/** The recipe's digest and the file's size: reading 90 MB at every start to digest them would cost more than it tells. */
async function isReady(folder: string, digest: string): Promise<boolean> {
  const stamp = await readStamp(folder);
  if (stamp?.recipe !== digest || !existsSync(modelFile(folder))) return false;
  return (await stat(modelFile(folder))).size === stamp.bytes;
}

async function build(context: SetupContext, python: string, folder: string, digest: string): Promise<void> {
  const begun = Date.now();
  context.report(
    'Building the embedding model all-MiniLM-L6-v2 from its weights (once; about 180 MB to download) …',
  );
  await removeLeftOvers(context.setupFolder, basename(folder));
  const work = join(context.setupFolder, `${basename(folder)}.making-${process.pid}`);
  const [packages, made, old] = [join(work, 'packages'), join(work, 'made'), join(work, 'old')];
  await mkdir(work, { recursive: true });
  try {
    const requirements = join(context.root, 'tools/setup/model-requirements.txt');
    const what = 'The weights of the embedding model and the tools to build it';
    const only = ['--no-deps', '--no-compile', '--target', packages];
    await pipInstall(context, what, python, requirements, only);
    const script = join(context.root, 'tools/setup/build_onnx.py');
    const env = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
    const { ok, lines } = await runCommand(context, python, [script, made], env);
    if (!ok)
      throw new BanyanError('setup_failed', {
        what: 'The embedding model',
        reason: lines.findLast((line) => line.trim() !== '')?.trim() ?? 'the build said nothing',
        log: relative(context.root, context.logFile),
      });
    await writeStamp(made, { recipe: digest, bytes: (await stat(modelFile(made))).size });
    if (existsSync(folder)) await rename(folder, old);
    await rename(made, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  context.report(`Built the embedding model in ${Math.round((Date.now() - begun) / 1000)} s.`);
}

/** What a build that was killed left behind; the lock says that none is running. */
async function removeLeftOvers(setupFolder: string, name: string): Promise<void> {
  for (const entry of await readdir(setupFolder))
    if (entry.startsWith(`${name}.making-`))
      await rm(join(setupFolder, entry), { recursive: true, force: true });
}
