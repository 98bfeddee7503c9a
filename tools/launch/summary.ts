/** What `npm start` prints when everything is up. */
import { relative } from 'node:path';
import { modelName } from '@banyan/gateway/relay/relay.ts';
import type { BanyanSettings } from '../../banyan.settings.ts';

export interface Started {
  url: string;
  /** Where the chat page is, if it is served. */
  chatPage: string | undefined;
  consoleUrl: string;
  /** Given when it was made just now: the only time that it is shown. */
  newConsoleToken: string | undefined;
  /** Undefined once it was taken away. */
  legacyUrl: string | undefined;
}

/**
 * @param took milliseconds
 * @param folder the working directory, to which paths are shown
 */
export function summary(settings: BanyanSettings, started: Started, took: number, folder: string): string {
  const at = (path: string) => {
    const shown = relative(folder, path);
    return shown.startsWith('..') ? path : shown;
  };
  const elsewhere = settings.legacy.url ? 'runs elsewhere' : `logs in ${at(settings.dataFolder)}/logs`;
  const token = started.newConsoleToken
    ? `token ${started.newConsoleToken} (shown this once, kept in ${at(settings.dataFolder)}/console-token)`
    : settings.console.token
      ? 'token: CONSOLE_TOKEN'
      : `token in ${at(settings.dataFolder)}/console-token`;
  const standIn = settings.model.kind === 'stand-in';
  const model = `${modelName(settings.model)}${standIn ? '; GEMINI_API_KEY or OPENAI_BASE_URL names a real one' : ''}`;
  const rows: [string, string, string?][] = [
    ...(started.chatPage ? [['Chat page', started.chatPage] as [string, string]] : []),
    ['Gateway', started.url, 'the one public origin; routes are switched in flags.yaml'],
    ['Console', started.consoleUrl, token],
    started.legacyUrl
      ? ['Legacy app', started.legacyUrl, elsewhere]
      : ['Legacy app', 'taken away by `banyan complete`'],
    ['Model', model],
    ['Data', at(settings.dataFolder)],
  ];
  const lines = rows.map(([name, value, note]) => `  ${name.padEnd(11)} ${value}${note ? `   ${note}` : ''}`);
  return [
    `Banyan is up after ${(took / 1000).toFixed(1)} s.`,
    '',
    ...lines,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
