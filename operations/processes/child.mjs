// Plain JavaScript, as bootstrap.mjs is.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @type {NodeJS.Signals[]} */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a command and waits for it, passing the signals that this process gets on to it. Ctrl-C in a terminal reaches the
 * command by itself as well, and npm passes on a third: a script counts what comes within half a second as one.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { onLine?: (line: string) => void }} options `onLine` is called
 *   with each line of what it prints, where `stdio` does not say that it goes elsewhere.
 * @returns {Promise<{ exitCode: number, interrupted: boolean }>} the code as a shell has it, 128 and the signal's number;
 *   `interrupted` when this process was told to stop meanwhile
 * @throws what `spawn` fails with, e.g. ENOENT
 */
export async function runChild(command, args, { onLine, ...options }) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  for (const stream of [child.stdout, child.stderr]) if (stream && onLine) eachLine(stream, onLine);
  let interrupted = false;
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of passedOn) process.on(signal, passOn);
  const stopWatching = watchParent(() => passOn('SIGTERM'));
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ exitCode: signal ? 128 + constants.signals[signal] : (code ?? 1), interrupted });
      });
    });
  } finally {
    stopWatching();
    for (const signal of passedOn) process.off(signal, passOn);
  }
}

/**
 * Under npm this process is worth as much as its parent: a killed npm passes nothing on, and would leave all of this
 * running with nobody to stop it.
 * @param {() => void} onOrphaned
 */
function watchParent(onOrphaned) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, 250);
  return () => clearInterval(timer);
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} onLine
 */
export function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest) onLine(rest);
  });
}
