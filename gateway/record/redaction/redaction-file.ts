/** A team's own redaction: `redaction.yaml`, added to what counts as a secret anyway. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { BanyanError } from '../../errors.ts';
import { ownPattern } from './own-patterns.ts';
import { defaultRules, type RedactionRules } from './rules.ts';

const names = z.array(z.string().min(1)).default([]);
const file = z
  .strictObject({
    headers: names,
    fields: names,
    patterns: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          pattern: z.string().superRefine((source, context) => {
            try {
              ownPattern(source);
            } catch (error) {
              context.addIssue((error as Error).message);
            }
          }),
        }),
      )
      .default([]),
  })
  .nullable();

/**
 * @returns the defaults and the file's; the defaults alone where there is no such file
 * @throws BanyanError `redaction_faulty`: better no recording than one with secrets in it
 */
export function readRedaction(path: string): RedactionRules {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return defaultRules;
    throw new BanyanError('redaction_faulty', { file: path, reason: (error as Error).message }, error);
  }
  const own = parsed(path, text);
  return {
    headers: [...defaultRules.headers, ...(own?.headers ?? []).map((name) => name.toLowerCase())],
    fields: [...defaultRules.fields, ...(own?.fields ?? [])],
    patterns: [...defaultRules.patterns, ...(own?.patterns ?? [])],
  };
}

function parsed(path: string, text: string): z.infer<typeof file> {
  const fail = (reason: string) => {
    throw new BanyanError('redaction_faulty', { file: path, reason });
  };
  try {
    const result = file.safeParse(parse(text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    return fail(`${issue?.path.join('.')}: ${issue?.message}`);
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    return fail((error as Error).message);
  }
}
