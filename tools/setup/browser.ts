/** The browser of the tests that drive the chat page: whatever Chromium the machine already has. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join } from 'node:path';

type Environment = Record<string, string | undefined>;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const macOs = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** What playwright's `chromium.launch` needs to start what `findBrowser` found without it calling home. */
export const browserFlags: readonly string[] = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium refuses to run as root with its sandbox.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/**
 * The path of a Chromium or Chrome, or undefined: `CHROME_BIN` wins, then what is on the PATH or in the usual places,
 * then the one that playwright downloaded.
 */
export function findBrowser(env: Environment = process.env): string | undefined {
  if (env.CHROME_BIN) return isExecutable(env.CHROME_BIN) ? env.CHROME_BIN : undefined;
  const folders = [...(env.PATH ?? '').split(delimiter).filter(isAbsolute), '/usr/bin'];
  const installed = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...installed, ...macOs].find(isExecutable) ?? playwrightsOwn();
}

function playwrightsOwn(): string | undefined {
  try {
    // Loaded when nothing else is there: it is large, and a production install does not have it.
    const playwright = createRequire(import.meta.url)('playwright') as typeof import('playwright');
    const path = playwright.chromium.executablePath();
    return isExecutable(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The browser's path; installs Debian's on a machine of its own (as root, or where `CI` is set) when there is none.
 * Undefined where that is not possible: the caller says what to do (`no_browser` in the error catalogue).
 */
export function ensureBrowser(
  report: (line: string) => void,
  env: Environment = process.env,
): string | undefined {
  const found = findBrowser(env);
  if (found || env.CHROME_BIN) return found;
  const root = process.getuid?.() === 0;
  if (!isExecutable('/usr/bin/apt-get') || !(root || env.CI)) return undefined;
  report('Installing Chromium for the browser tests (apt-get install chromium) …');
  const apt = (...args: string[]) =>
    spawnSync(root ? 'apt-get' : 'sudo', root ? args : ['-n', 'apt-get', ...args], {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
    }).status === 0;
  apt('update', '-q');
  if (!apt('install', '-y', '-q', '--no-install-recommends', 'chromium')) return undefined;
  return findBrowser(env);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
