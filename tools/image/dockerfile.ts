/** Reads a Dockerfile into stages, as far as ours use the language. */

export interface Instruction {
  /** In capitals: `COPY`. */
  name: string;
  /** What follows it, on one line. */
  text: string;
}

export interface Stage {
  /** What it is built on: an image, or a stage before it. */
  base: string;
  /** Undefined for the last one, where it has no name. */
  name: string | undefined;
  instructions: Instruction[];
}

export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`Not an instruction: ${line}`);
    const [, base, as] = name === 'FROM' ? (/^(\S+)(?: AS (\S+))?$/.exec(rest) ?? []) : [];
    if (base) stages.push({ base, name: as, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** A stage's instructions after those of the stages that it is built on, and the image below them all. */
export function withBases(
  stages: readonly Stage[],
  stage: Stage,
): { image: string; instructions: Instruction[] } {
  const base = stages.find(({ name }) => name === stage.base);
  if (!base) return { image: stage.base, instructions: stage.instructions };
  const below = withBases(stages, base);
  return { image: below.image, instructions: [...below.instructions, ...stage.instructions] };
}

/** What the instructions of a name say, the last one counting: `["node", "tools/launch/start.ts"]`. */
export function execForm(instructions: readonly Instruction[], name: string): string[] {
  const last = instructions.findLast((instruction) => instruction.name === name);
  return last ? (JSON.parse(last.text.replace(/^[^[]*/, '')) as string[]) : [];
}

/** All variables that are set. */
export const variables = (instructions: readonly Instruction[]) => pairsOf(instructions, 'ENV');

/** What a build can be told, with what it is unless told. */
export const buildArguments = (instructions: readonly Instruction[]) => pairsOf(instructions, 'ARG');

function pairsOf(instructions: readonly Instruction[], kind: 'ENV' | 'ARG'): Record<string, string> {
  const pairs = instructions
    .filter(({ name }) => name === kind)
    .flatMap(({ text }) =>
      [...text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, key = '', quoted, value = '']) => [
        key,
        quoted ?? value,
      ]),
    );
  return Object.fromEntries(pairs) as Record<string, string>;
}
