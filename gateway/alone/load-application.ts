import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Application } from '../application.ts';
import { BanyanError } from '../errors.ts';
import type { Settings } from '../settings.ts';

/** What an application's module has as its default. */
export type ApplicationModule = Application | ((settings: Settings) => Application | Promise<Application>);

/** The path of the application's module, for every command. */
export const applicationSetting = (env: Record<string, string | undefined>): string | undefined =>
  env.BANYAN_APPLICATION || undefined;

/**
 * Loads an application by the path of its module.
 * @param folder what a relative path starts from
 * @throws BanyanError `application_unusable`
 */
export async function loadApplication(
  file: string,
  folder: string,
  settings: Settings,
): Promise<Application> {
  const path = resolve(folder, file);
  const refuse = (reason: string, cause?: unknown) =>
    new BanyanError('application_unusable', { file: path, reason }, cause);
  const module = await import(pathToFileURL(path).href).catch((error: unknown) => {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  });
  const { default: made } = module as { default?: ApplicationModule };
  const application = typeof made === 'function' ? await made(settings) : made;
  if (!application?.table || !application.newBackend)
    throw refuse('its default export is neither an application nor a function that makes one');
  return application;
}
