/** The legacy app's Python environment: a venv with exactly what `legacy/requirements.txt` pins. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { withLock } from '@banyan/operations/processes/lock.mjs';
import { runCommand, type SetupContext } from './command.ts';
import { findPython } from './find-python.ts';
import { pipInstall } from './pip.ts';
import { digestOf, hasStamp, type Stamp, writeStamp } from './stamp.ts';

/**
 * Makes sure of `<setupFolder>/python`.
 * @returns the path of its interpreter
 * @throws BanyanError `python_missing`, `python_unusable`, `download_failed`, `setup_failed`
 */
export async function ensurePython(context: SetupContext): Promise<string> {
  const folder = join(context.setupFolder, 'python');
  const interpreter = join(folder, 'bin/python');
  const requirements = join(context.root, 'legacy/requirements.txt');
  const wanted: Stamp = { requirements: await digestOf([requirements]) };
  if (context.env.PYTHON) wanted.base = (await findPython(context.env)).path;
  // An interpreter that was removed leaves a dangling link, which does not exist.
  const isReady = async () => existsSync(interpreter) && (await hasStamp(folder, wanted));
  if (await isReady()) return interpreter;
  const onWait = (pid: number) =>
    context.report(`Waiting for another start (process ${pid}) to set up the legacy app's Python …`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!(await isReady())) await install(context, folder, interpreter, requirements, wanted);
    },
    { onWait, signal: context.signal },
  );
  return interpreter;
}

async function install(
  context: SetupContext,
  folder: string,
  interpreter: string,
  requirements: string,
  wanted: Stamp,
): Promise<void> {
  const base = await findPython(context.env);
  const begun = Date.now();
  const what = "the legacy app's Python packages";
  context.report(`Installing ${what} with Python ${base.version} (once; a minute or two) …`);
  await mkdir(context.setupFolder, { recursive: true });
  // A venv cannot be moved, so it is made in its place; the stamp, which comes last, is what makes it count.
  await rm(folder, { recursive: true, force: true });
  const { ok, lines } = await runCommand(context, base.path, ['-m', 'venv', folder]);
  if (!ok)
    throw new BanyanError('setup_failed', {
      what: "The legacy app's Python environment",
      reason: lines.findLast((line) => line.trim() !== '')?.trim() ?? 'venv said nothing',
      log: relative(context.root, context.logFile),
    });
  await pipInstall(context, capitalised(what), interpreter, requirements);
  await writeStamp(folder, { ...wanted, base: base.path, version: base.version });
  context.report(`Installed ${what} in ${Math.round((Date.now() - begun) / 1000)} s.`);
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
