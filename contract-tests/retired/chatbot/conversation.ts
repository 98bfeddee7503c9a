/**
 * A message that is answered from other documents than legacy's: the sources without those, the prompt with the others
 * alone, and from there on the reply that the model gave to that prompt, wherever it is shown or sent again.
 */
import { Buffer } from 'node:buffer';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { Change, Said } from '@banyan/suite/retired/change.ts';
import {
  asciiLexeme,
  jsonOf,
  lexemeAt,
  textOf,
  withElements,
  withText,
  withValue,
} from '@banyan/suite/retired/edit.ts';
import { promptEndings, contextOf as quoted, promptOf as wholePrompt } from '../../../contract/prompt.ts';
import type { Shown } from './seen.ts';

export interface OtherDocuments {
  /** Whether a source is not found any more, by the name that it is shown under. */
  isGone(source: string): boolean;
  /** Legacy searches so much that what it found is cut: others may come up behind, from documents that are there. */
  mayFollow(source: string): boolean;
}

interface Source {
  id: number;
  source: string;
  location: string;
  full_content: string;
}

/** What a chat's model said to the two, by the turn's place in the chat. */
export class Replies {
  readonly #byTurn = new Map<string, { left: unknown; right: unknown }>();

  /** @param life tells a chat from the one that was deleted under its id */
  message(life: string, documents: OtherDocuments): Change {
    return (left, right) => {
      const shown = jsonOf(left.answer) as Shown | undefined;
      if (left.answer.status !== 200 || !shown?.sources) return left;
      const text = withSources(textOf(left.answer), textOf(right.answer), documents);
      const turn = (shown.message_count ?? 0) - 1;
      const calls = left.calls?.map((call) => this.#asked(call, { life, turn, before: shown.sources, text }));
      const isOther = text !== textOf(left.answer) || JSON.stringify(calls) !== JSON.stringify(left.calls);
      if (!isOther) return left;
      const [ours, theirs] = [replyIn(left), replyIn(right)];
      this.#byTurn.set(`${life} ${turn}`, { left: ours, right: theirs });
      const said = withValue(text, ['reply'], typeof theirs === 'string' ? asciiLexeme(theirs) : 'null');
      return { ...left, calls, answer: withText(left.answer, said) };
    };
  }

  /** The chat's messages as they are listed. */
  messages(life: string): Change {
    return (left) => {
      const listed = jsonOf(left.answer);
      if (!Array.isArray(listed)) return left;
      const text = listed.reduce<string>((changed, { text: ours }: { text: unknown }, turn) => {
        const other = this.#of(life, turn, ours);
        return typeof other === 'string' ? withValue(changed, [turn, 'text'], asciiLexeme(other)) : changed;
      }, textOf(left.answer));
      return text === textOf(left.answer) ? left : { ...left, answer: withText(left.answer, text) };
    };
  }

  #of(life: string, turn: number, ours: unknown): unknown {
    const pair = this.#byTurn.get(`${life} ${turn}`);
    return pair && pair.left === ours ? pair.right : undefined;
  }

  /** The call with the other's history, and with the prompt that its sources make. */
  #asked(
    call: ModelCallSeen,
    { life, turn, before, text }: { life: string; turn: number; before: unknown; text: string },
  ): ModelCallSeen {
    const contents = call.request.contents as { role: string; parts: { text: string }[] }[];
    const first = turn - contents.length;
    const after = (JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as { sources: Source[] }).sources;
    const turns = contents.map((each, i) => ({
      ...each,
      parts: each.parts.map(({ text: said, ...part }) => ({
        ...part,
        text:
          i === contents.length - 1
            ? promptOf(said, before as Source[], after)
            : (this.#of(life, first + i, said) ?? said),
      })),
    }));
    return { ...call, request: { ...call.request, contents: turns } };
  }
}

function replyIn({ answer }: Said): unknown {
  return (jsonOf(answer) as { reply?: unknown } | undefined)?.reply;
}

function withSources(text: string, theirs: string, { isGone, mayFollow }: OtherDocuments): string {
  const kept = withElements(text, ['sources'], (each) => !isGone((each as Source).source));
  const count = countIn(kept);
  const behind: string[] = [];
  for (let i = count; ; i += 1) {
    const lexeme = lexemeAt(theirs, ['sources', i]);
    const source = lexeme && (JSON.parse(Buffer.from(lexeme, 'latin1').toString('utf8')) as Source).source;
    if (!lexeme || source === undefined || !mayFollow(source)) break;
    behind.push(lexeme);
  }
  let changed =
    behind.length > 0
      ? withElements(text, ['sources'], (each) => !isGone((each as Source).source), behind)
      : kept;
  for (let i = 0; i < count; i += 1) changed = withValue(changed, ['sources', i, 'id'], String(i + 1));
  return changed;
}

const countIn = (text: string): number =>
  (JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as { sources: unknown[] }).sources.length;

const contextOf = (sources: readonly Source[]): string =>
  quoted(sources.map(({ id, full_content, ...rest }) => ({ ...rest, number: id, text: full_content })));

function promptOf(prompt: string, before: readonly Source[], after: readonly Source[]): string {
  if (before.length === 0) return prompt;
  if (after.length > 0) return prompt.replace(contextOf(before), () => contextOf(after));
  const [, ending = ''] = promptEndings();
  const [start = '', end = ''] = ending.split('{message}');
  const rest = prompt.slice(prompt.indexOf(contextOf(before)) + contextOf(before).length);
  const message = rest.slice(rest.indexOf(start) + start.length, rest.length - end.length);
  return wholePrompt(message, []);
}
