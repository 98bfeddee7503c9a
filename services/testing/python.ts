/** Asks the Python of the legacy app's environment what it would say. */
import { execFile } from 'node:child_process';
import { ensurePython } from '../../tools/setup/python.ts';
import { setupContext } from '../../tools/setup/testing/context.ts';

/**
 * Runs a script that finds its input, any JSON, as `given`, and leaves its answer as `answer`.
 * @param env e.g. `TZ`
 */
export async function python<T>(
  script: string,
  given: unknown,
  env: Record<string, string> = {},
): Promise<T> {
  const interpreter = await ensurePython({ ...setupContext(), report: () => undefined });
  const whole = `import json, sys\ngiven = json.load(sys.stdin)\n${script}\njson.dump(answer, sys.stdout)\n`;
  const options = { env: { ...process.env, ...env }, maxBuffer: 50_000_000 };
  return new Promise((resolve, reject) => {
    const child = execFile(interpreter, ['-c', whole], options, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as T);
    });
    child.stdin?.end(JSON.stringify(given));
  });
}
