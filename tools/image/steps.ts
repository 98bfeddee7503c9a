/**
 * Does what a Dockerfile says, step by step, in clean folders: each stage has one that stands for its root. What only a
 * container can do (packages of the system, users, owners) is left out and told.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  buildArguments,
  type Instruction,
  parseDockerfile,
  type Stage,
  variables,
  withBases,
} from './dockerfile.ts';

export interface StepsOptions {
  /** The repository's root, the context of the build. */
  root: string;
  /** Made, and filled with a folder a stage. */
  folder: string;
  /** The Dockerfile, from the root. */
  file: string;
  /** The stage that is wanted; the last unless told. */
  target?: string;
  /** What the build is told, as `--build-arg` does. */
  buildArgs?: Record<string, string>;
  /**
   * What stands in for a step that takes minutes: told the command and the stage's root.
   * @returns whether the command is not to be run
   */
  instead?(command: string, stageRoot: string): boolean;
  env: Record<string, string | undefined>;
  report(line: string): void;
}

/** The scope of the workspaces: their entries in a folder of packages are links to where they are. */
const WORKSPACES = '@banyan';

const needsContainer = /^(apt-get|useradd|pip)\b|\bchown\b/;

/** @returns the folder that stands for the root of the image, and its variables as they are in there */
export function runSteps(options: StepsOptions): { imageRoot: string; variables: Record<string, string> } {
  const stages = parseDockerfile(readFileSync(join(options.root, options.file), 'utf8'));
  const stage = options.target ? stages.find(({ name }) => name === options.target) : stages.at(-1);
  if (!stage) throw new Error(`There is no stage ${options.target}.`);
  const built = new Map<string, string>();
  const imageRoot = build(options, stages, stage, built);
  return { imageRoot, variables: variables(withBases(stages, stage).instructions) };
}

function build(
  options: StepsOptions,
  stages: readonly Stage[],
  stage: Stage,
  built: Map<string, string>,
): string {
  const name = stage.name ?? 'image';
  const done = built.get(name);
  if (done) return done;
  const stageRoot = join(options.folder, name);
  const { instructions } = withBases(stages, stage);
  mkdirSync(stageRoot, { recursive: true });
  let workdir = '/';
  const stageOf = (from: string) => {
    const wanted = stages.find((other) => other.name === from);
    if (!wanted) throw new Error(`COPY --from=${from}: there is no such stage`);
    return build(options, stages, wanted, built);
  };
  for (const { name: step, text } of instructions) {
    options.report(`${name}: ${step} ${text.slice(0, 100)}`);
    if (step === 'WORKDIR') {
      workdir = text;
      mkdirSync(join(stageRoot, workdir), { recursive: true });
    } else if (step === 'COPY') copy(options, text, stageRoot, workdir, stageOf);
    else if (step === 'RUN') {
      const told = { ...buildArguments(instructions), ...options.buildArgs };
      run(options, text, stageRoot, workdir, { ...told, ...variables(instructions) });
    }
  }
  built.set(name, stageRoot);
  return stageRoot;
}

function copy(
  { root }: StepsOptions,
  text: string,
  stageRoot: string,
  workdir: string,
  stageOf: (from: string) => string,
): void {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const to = paths.pop() ?? '.';
  const target = to.startsWith('/') ? join(stageRoot, to) : join(stageRoot, workdir, to);
  for (const path of paths) {
    if (from) {
      cpSync(join(stageOf(from), path), target, { recursive: true, verbatimSymlinks: true });
      continue;
    }
    const context = filesOfContext(root).filter(
      (file) => path === '.' || file === path || file.startsWith(`${path}/`),
    );
    if (context.length === 0) throw new Error(`COPY ${path}: the context of the build has no such thing`);
    const isFolder = path === '.' || statSync(join(root, path)).isDirectory();
    for (const file of context) {
      const below = isFolder ? (path === '.' ? file : file.slice(path.length + 1)) : '';
      const place = below ? join(target, below) : to.endsWith('/') ? join(target, basename(file)) : target;
      mkdirSync(dirname(place), { recursive: true });
      cpSync(join(root, file), place);
    }
  }
}

function run(
  { instead, env, report }: StepsOptions,
  text: string,
  stageRoot: string,
  workdir: string,
  set: Record<string, string>,
): void {
  for (const command of text.split(' && ')) {
    if (needsContainer.test(command) || /\/(var|usr)\//.test(command)) {
      report(`  left to the container: ${command}`);
      continue;
    }
    if (instead?.(command, stageRoot)) continue;
    const here = command.replace(/(?<=\s)\/(?=(opt|data|config)\b)/g, `${stageRoot}/`);
    execFileSync('sh', ['-c', here], {
      cwd: join(stageRoot, workdir),
      env: { ...env, ...set },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** What docker would send: all that git knows of, less what .dockerignore names. */
export function filesOfContext(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n').filter(Boolean).map(asRule);
  return listed
    .split('\n')
    .filter((file) => file && existsSync(join(root, file)) && !ignored.some((rule) => rule.test(file)));
}

/** `**` is any folders, `*` anything within a name; what is below counts too. */
function asRule(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\//g, '(?:.*/)?')
    .replace(/(?<!\.)\*/g, '[^/]*');
  return new RegExp(`^${escaped}(?:/|$)`);
}

/** A `RUN` that others have done already: links what it would make. */
export function linkInstead(made: string, place: string): true {
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  symlinkSync(made, place);
  return true;
}

/**
 * As `linkInstead`, for a folder of packages: the folder is the image's own and each entry of `made` is a link in it, so that
 * what a process of the image writes there stays in the image, and what others write into `made` does not appear. The links
 * of the workspaces are copied, so that they lead to the image's own folders.
 */
export function linkPackages(made: string, place: string): true {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const name of readdirSync(made).filter((entry) => entry !== '.cache' && entry !== WORKSPACES))
    symlinkSync(join(made, name), join(place, name));
  cpSync(join(made, WORKSPACES), join(place, WORKSPACES), { recursive: true, verbatimSymlinks: true });
  return true;
}

export type { Instruction };
