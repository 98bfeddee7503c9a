/** Secrets that come from files, for container platforms that mount them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Secrets {
  /** By the name of the variable that the file stands for. */
  values: Record<string, string>;
  faults: string[];
}

/** The values of `NAME_FILE` variables, without the line end that editors and `echo` leave. */
export function readSecrets(
  env: Record<string, string | undefined>,
  folder: string,
  names: readonly string[],
): Secrets {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of names) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) faults.push(`${name} and ${name}_FILE are both set: leave one of them out`);
    try {
      values[name] = readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const why = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' }[
        code
      ];
      faults.push(`${name}_FILE must be a file that can be read: ${why ?? code} (${path})`);
    }
  }
  return { values, faults };
}
