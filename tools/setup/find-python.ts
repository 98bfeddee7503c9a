/** Finds a Python that can carry the legacy app. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BanyanError } from '@banyan/gateway/errors.ts';

export interface Python {
  /** The interpreter itself, not a link or a version manager's shim. */
  path: string;
  /** `3.11.7` */
  version: string;
}

/**
 * 3.11 first, as the requirements are pinned and tested with it; then what is nearest to it. A newer one comes last: there
 * may be no wheels for it yet.
 */
const names = ['python3.11', 'python3.12', 'python3.13', 'python3', 'python3.14', 'python'];

const probe = `
import json, os, sys
try:
    import ensurepip, venv
    able = True
except ImportError:
    able = False
print(json.dumps({"path": os.path.realpath(sys.executable), "version": "%d.%d.%d" % sys.version_info[:3], "able": able}))
`;

/**
 * `PYTHON` wins; otherwise the first on the PATH that is 3.11 or later and can make a virtual environment.
 * @throws BanyanError `python_unusable`, `python_missing`
 */
export async function findPython(env: Record<string, string | undefined>): Promise<Python> {
  if (env.PYTHON) {
    const found = await look(env.PYTHON, env);
    if ('reason' in found) throw new BanyanError('python_unusable', { python: env.PYTHON, ...found });
    return found;
  }
  const seen: string[] = [];
  for (const name of names) {
    const found = await look(name, env);
    if (!('reason' in found)) return found;
    if (found.version) seen.push(`${name} ${found.reason}`);
  }
  throw new BanyanError('python_missing', { seen: seen.length ? ` (${seen.join('; ')})` : '' });
}

async function look(
  name: string,
  env: Record<string, string | undefined>,
): Promise<Python | { reason: string; version?: string }> {
  let answer: { path: string; version: string; able: boolean };
  try {
    const { stdout } = await promisify(execFile)(name, ['-c', probe], { env, timeout: 10_000 });
    answer = JSON.parse(stdout) as typeof answer;
  } catch (error) {
    return { reason: reasonOf(error) };
  }
  const { path, version, able } = answer;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 3 || minor < 11) return { version, reason: `is ${version}` };
  if (!able) return { version, reason: 'has no venv module' };
  return { path, version };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'it does not exist';
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return stderr.split('\n').at(-1) || error.message.split('\n')[0] || 'it does not run';
}
