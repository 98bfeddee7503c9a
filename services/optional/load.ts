/**
 * Packages that only a setting other than the default needs. They are no dependencies of the repository, which is smaller
 * for it: `npm run optional` installs them beside this file, and they are looked for from here.
 */

import { findPackageJSON } from 'node:module';

/** What is missing, and the command that installs it. */
export class OptionalMissingError extends Error {
  readonly package: string;

  /** @param setting what asks for it, as a person writes it: `PDF_ENGINE=pdf-parse` */
  constructor(name: string, setting: string, cause?: unknown) {
    super(
      `${setting} needs the package ${name}, which is not installed. Run \`npm run optional\`, then start again.`,
      { cause },
    );
    this.name = 'OptionalMissingError';
    this.package = name;
  }
}

/**
 * Loads an optional package. Its types are the caller's to say, as the compiler may not have it either.
 * @throws OptionalMissingError
 */
export async function loadOptional<Module>(name: string, setting: string): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND') throw new OptionalMissingError(name, setting, error);
    throw error;
  }
}

/** @returns its manifest's path; undefined where it is not installed */
export function manifestOf(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url);
  } catch {
    return undefined;
  }
}

/** Whether it could be loaded. */
export const hasOptional = (name: string): boolean => manifestOf(name) !== undefined;
