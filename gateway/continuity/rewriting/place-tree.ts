/** The places at which something is exchanged, as a tree to go down while an answer comes. */
import type { Step } from '@banyan/compare/json/places.ts';
import type { Exchanges } from './exchanges.ts';

export interface PlaceNode {
  members: Map<Step, PlaceNode>;
  items?: PlaceNode;
  id?: Exchanges['ids'][number];
  time?: Exchanges['times'][number];
  /** Times in it belong to what it names, by its one member that `isOwnersId`. */
  hasOwner?: true;
  isOwnersId?: true;
}

export function placeTree({ ids, times }: Exchanges): PlaceNode {
  const root: PlaceNode = { members: new Map() };
  const at = (steps: readonly Step[]) => steps.reduce(child, root);
  for (const id of ids) at(id.steps).id = id;
  for (const time of times) {
    const { steps, owner } = time;
    const object = at(steps.slice(0, owner.depth));
    object.hasOwner = true;
    child(object, owner.member).isOwnersId = true;
    at(steps).time = time;
  }
  return root;
}

function child(node: PlaceNode, step: Step): PlaceNode {
  const known = step === '[*]' ? node.items : node.members.get(step);
  if (known) return known;
  const made: PlaceNode = { members: new Map() };
  if (step === '[*]') node.items = made;
  else node.members.set(step, made);
  return made;
}

/** Bytes that a key below takes at most, with its quotes and each character as an escape. */
export function longestKey({ members, items }: PlaceNode): number {
  const below = [...members.values(), ...(items ? [items] : [])].map(longestKey);
  return Math.max(2, ...below, ...[...members.keys()].map((key) => 2 + 6 * String(key).length));
}
