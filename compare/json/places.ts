/** Places in JSON: the route table's (`$[*].pdf_list[*].name`) and those of a value in an answer (`$[0].title`). */
import type { JsonPlace } from '@banyan/route-table/route-table.ts';

export type Step = string | number;
export type Path = readonly Step[];

/** `*` stands for every element. */
export function stepsOf(place: JsonPlace): Step[] {
  return [...place.matchAll(/\.([^.[\]]+)|\[(\*|\d+)\]/g)].map(([, name, index]) =>
    name !== undefined ? name : index === '*' ? '[*]' : Number(index),
  );
}

export function isAt(path: Path, steps: readonly Step[]): boolean {
  return (
    path.length === steps.length &&
    steps.every((step, i) => (step === '[*]' ? typeof path[i] === 'number' : step === path[i]))
  );
}

/** As people write it. */
export function formatPath(path: Path): string {
  return `$${path.map(formatStep).join('')}`;
}

function formatStep(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** Every element of a list alike: `body $[3].title` is `body $[*].title`. */
export function generalised(place: string): string {
  return place.replace(/\[\d+\]/g, '[*]');
}
