/**
 * Goes through two JSON texts at once: says where they differ, and finds the volatile values and has them checked.
 * Members are matched by name and elements by place, or by the id that the route table names, so that one difference
 * does not make everything after it different.
 */
import type { Difference, DifferenceKind } from './answer.ts';
import { decodeString, type JsonItem, type JsonMember, type JsonText, type JsonValue } from './json/parse.ts';
import { formatPath, type Path } from './json/places.ts';
import { checkVolatile, type VolatileContext } from './volatile/check.ts';
import type { VolatileColumns } from './volatile/columns.ts';

type Scalar = Extract<JsonValue, { lexeme: string }>;

export interface Walked {
  differences: Difference[];
  /** Where volatile values stand in either text, from start to end. */
  volatile: { left: [number, number]; right: [number, number] }[];
}

export function walkJson(
  left: JsonText,
  right: JsonText,
  columns: VolatileColumns,
  context: VolatileContext,
): Walked {
  const walk = new Walk(left.text, right.text, columns, context);
  walk.spacing([], 'before it', left.before, right.before);
  walk.values([], left.value, right.value);
  walk.spacing([], 'after it', left.after, right.after);
  return walk;
}

class Walk implements Walked {
  readonly differences: Difference[] = [];
  readonly volatile: Walked['volatile'] = [];
  readonly #left: string;
  readonly #right: string;
  readonly #columns: VolatileColumns;
  readonly #context: VolatileContext;

  constructor(left: string, right: string, columns: VolatileColumns, context: VolatileContext) {
    this.#left = left;
    this.#right = right;
    this.#columns = columns;
    this.#context = context;
  }

  #differ(path: Path, kind: DifferenceKind, left: string, right: string, note?: string): void {
    this.differences.push({
      place: `body ${formatPath(path)}`,
      kind,
      left,
      right,
      ...(note === undefined ? {} : { note }),
    });
  }

  #lexeme(side: 'left' | 'right', value: JsonValue): string {
    return readable((side === 'left' ? this.#left : this.#right).slice(value.start, value.end));
  }

  spacing(path: Path, where: string, left: string, right: string): void {
    if (left !== right)
      this.#differ(path, 'spacing', JSON.stringify(left), JSON.stringify(right), `white space ${where}`);
  }

  values(path: Path, left: JsonValue, right: JsonValue): void {
    if (left.kind === 'object' && right.kind === 'object') this.#objects(path, left, right);
    else if (left.kind === 'array' && right.kind === 'array') this.#arrays(path, left, right);
    else if (left.kind !== right.kind)
      this.#differ(path, 'type', this.#lexeme('left', left), this.#lexeme('right', right));
    else if ('lexeme' in left && 'lexeme' in right) this.#scalars(path, left, right);
  }

  #scalars(path: Path, left: Scalar, right: Scalar): void {
    if (left.kind === 'string' && this.#volatileValues(path, left, right)) return;
    if (left.lexeme === right.lexeme) return;
    this.#differ(
      path,
      sameValue(left, right) ? 'escapes' : 'value',
      readable(left.lexeme),
      readable(right.lexeme),
    );
  }

  /** @returns whether the place is volatile; whatever is wrong there has then been said */
  #volatileValues(path: Path, left: Scalar, right: Scalar): boolean {
    const rule = this.#columns.at(path);
    if (!rule) return false;
    this.volatile.push({ left: [left.start, left.end], right: [right.start, right.end] });
    const [leftText, rightText] = [left.lexeme.slice(1, -1), right.lexeme.slice(1, -1)];
    const fault = checkVolatile(rule, leftText, rightText, this.#context);
    if (fault) this.#differ(path, fault.kind, left.lexeme, right.lexeme, fault.note);
    return true;
  }

  #objects(path: Path, left: JsonValue & { kind: 'object' }, right: JsonValue & { kind: 'object' }): void {
    this.spacing(path, 'inside of {}', left.inside, right.inside);
    const [leftMembers, rightMembers] = [byName(left.members), byName(right.members)];
    const [leftNames, rightNames] = [[...leftMembers.keys()], [...rightMembers.keys()]];
    const inBoth = leftNames.filter((name) => rightMembers.has(name));
    const rightOrder = rightNames.filter((name) => leftMembers.has(name));
    if (inBoth.some((name, i) => name !== rightOrder[i]))
      this.#differ(path, 'key order', namesOf(left.members), namesOf(right.members));
    for (const name of leftNames) {
      const [leftMember, rightMember] = [leftMembers.get(name), rightMembers.get(name)];
      if (!leftMember) continue;
      if (rightMember) this.#members([...path, leftMember.key], leftMember, rightMember);
      else this.#differ([...path, leftMember.key], 'missing', this.#lexeme('left', leftMember.value), '');
    }
    for (const [name, member] of rightMembers)
      if (!leftMembers.has(name))
        this.#differ([...path, member.key], 'extra', '', this.#lexeme('right', member.value));
  }

  #members(path: Path, left: JsonMember, right: JsonMember): void {
    if (left.keyLexeme !== right.keyLexeme)
      this.#differ(path, 'escapes', readable(left.keyLexeme), readable(right.keyLexeme), 'in the name');
    this.spacing(path, 'before the name', left.gaps[0], right.gaps[0]);
    this.spacing(path, 'before the colon', left.gaps[1], right.gaps[1]);
    this.spacing(path, 'after the colon', left.gaps[2], right.gaps[2]);
    this.values(path, left.value, right.value);
    this.spacing(path, 'after the value', left.gaps[3], right.gaps[3]);
  }

  #arrays(path: Path, left: JsonValue & { kind: 'array' }, right: JsonValue & { kind: 'array' }): void {
    this.spacing(path, 'inside of []', left.inside, right.inside);
    if (left.items.length !== right.items.length)
      this.#differ(path, 'length', `${left.items.length} elements`, `${right.items.length} elements`);
    const partners = this.#partners(path, left.items, right.items);
    for (const [i, item] of left.items.entries()) {
      const at = partners[i] ?? -1;
      const partner = right.items[at];
      if (!partner) continue;
      if (at === i) this.spacing([...path, i], 'before it', item.gaps[0], partner.gaps[0]);
      this.values([...path, i], item.value, partner.value);
      if (at === i && isLast(left, i) === isLast(right, at))
        this.spacing([...path, i], 'after it', item.gaps[1], partner.gaps[1]);
    }
  }

  /**
   * For each element on the left its partner's index: by id where the ids are known and only order or number differ,
   * so that one element too many does not make the rest different.
   */
  #partners(path: Path, left: readonly JsonItem[], right: readonly JsonItem[]): number[] {
    const byPlace = left.map((_, i) => i);
    const identity = this.#columns.identityIn(path);
    if (!identity) return byPlace;
    const idOf = ({ value }: JsonItem) => memberText(value, identity.member);
    const rightIds = right.map(idOf);
    const partners = left.map((item) => {
      const id = idOf(item);
      return id === undefined
        ? -1
        : rightIds.indexOf(this.#context.bindings.rightOf(identity.kind, id) ?? id);
    });
    const found = partners.filter((at) => at >= 0);
    if (new Set(found).size !== found.length || found.length < Math.min(left.length, right.length))
      return byPlace;
    if (found.some((at, i) => at < (found[i - 1] ?? -1)))
      this.#differ(
        path,
        'order',
        numbers(byPlace),
        numbers(partners),
        "the left's elements, and where the right has them",
      );
    return partners;
  }
}

const isLast = ({ items }: { items: readonly unknown[] }, i: number) => i === items.length - 1;
const numbers = (places: readonly number[]) => places.map((at) => `#${at}`).join(' ');

/** Members by name; of a name that comes again, each time apart. */
function byName(members: readonly JsonMember[]): Map<string, JsonMember> {
  const named = new Map<string, JsonMember>();
  for (const member of members) {
    let name = member.key;
    for (let again = 2; named.has(name); again += 1) name = `${member.key}\u0000${again}`;
    named.set(name, member);
  }
  return named;
}

const namesOf = (members: readonly JsonMember[]) => members.map(({ key }) => key).join(', ');

function memberText(value: JsonValue, name: string): string | undefined {
  if (value.kind !== 'object') return undefined;
  const member = value.members.find(({ key }) => key === name)?.value;
  return member?.kind === 'string' ? member.lexeme.slice(1, -1) : undefined;
}

function sameValue(left: Scalar, right: Scalar): boolean {
  if (left.kind === 'string') return decodeString(left.lexeme) === decodeString(right.lexeme);
  return left.kind === 'number' && Number(left.lexeme) === Number(right.lexeme);
}

/** A byte string for people. */
function readable(lexeme: string): string {
  return Buffer.from(lexeme, 'latin1').toString('utf8');
}
