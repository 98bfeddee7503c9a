/** Questions and answers, and what an answer rests on. */
import type { Message, Source } from './api.ts';
import { byId, el, say, showList } from './dom.ts';

export interface ShownMessage extends Message {
  /** Where it stands in its chat: `<chat> <number>`. */
  key: string;
  /** Only known of answers that this page asked for: the API does not keep them. */
  sources?: Source[] | undefined;
}

const STAND_IN = '[stand-in model]';

/** @param waitingFor The question whose answer is on its way. */
export function showConversation(
  messages: ShownMessage[],
  waitingFor: string | undefined,
  hasPdf: boolean,
): void {
  const list = byId('messages', HTMLOListElement);
  const before = list.lastElementChild;
  const shown: (ShownMessage & { waiting?: boolean })[] = [...messages];
  if (waitingFor !== undefined)
    shown.push(
      { key: 'asked', sender: 'user', text: waitingFor },
      { key: 'waiting', sender: 'bot', text: '', waiting: true },
    );
  showList(
    list,
    shown,
    ({ key, sender, text }) => `${key} ${sender} ${text}`,
    (message) => (message.waiting ? waitingRow() : messageRow(message)),
  );
  say(
    byId('empty-chat', HTMLParagraphElement),
    shown.length > 0 ? undefined : hasPdf ? 'Ask about your PDFs.' : 'Add a PDF, then ask about it.',
  );
  if (list.lastElementChild !== before) list.lastElementChild?.scrollIntoView({ block: 'nearest' });
}

function messageRow({ text, sender, sources }: ShownMessage): HTMLElement {
  const row = el('li', { className: sender });
  const standIn = sender === 'bot' && text?.startsWith(STAND_IN);
  const bubble = el(
    'div',
    { className: 'bubble' },
    el('span', { className: 'visually-hidden' }, sender === 'user' ? 'You asked: ' : 'Answer: '),
    standIn ? el('span', { className: 'badge' }, STAND_IN.slice(1, -1)) : undefined,
    ...(text === null
      ? [el('em', { className: 'quiet' }, 'The model gave no text.')]
      : linked(standIn ? text.slice(STAND_IN.length).trimStart() : text, sources, row)),
  );
  row.append(bubble);
  if (sources && sources.length > 0) row.append(sourceList(sources));
  return row;
}

/** A text in which each `[Source 2]` opens that source, where there is one. */
function linked(text: string, sources: Source[] | undefined, row: HTMLElement): (Node | string)[] {
  if (!sources) return [text];
  return text.split(/(\[Source \d+\])/).map((piece) => {
    const id = Number(/^\[Source (\d+)\]$/.exec(piece)?.[1]);
    const source = sources.find((candidate) => candidate.id === id);
    if (!source) return piece;
    return el('button', {
      type: 'button',
      className: 'cite',
      textContent: piece,
      title: `${source.source}, ${source.location}`,
      onclick: () => openSource(row, id),
    });
  });
}

function openSource(row: HTMLElement, id: number): void {
  const all = row.querySelector<HTMLDetailsElement>('details.sources');
  const one = row.querySelector<HTMLDetailsElement>(`details[data-source="${id}"]`);
  if (!all || !one) return;
  all.open = true;
  one.open = true;
  one.scrollIntoView({ block: 'nearest' });
  one.querySelector('summary')?.focus();
}

function sourceList(sources: Source[]): HTMLElement {
  const items = sources.map((source) => {
    const details = el(
      'details',
      {},
      el(
        'summary',
        {},
        el('span', { className: 'number' }, String(source.id)),
        el('span', { className: 'name', title: source.source }, source.source),
        el('span', { className: 'page' }, source.location),
      ),
      el('blockquote', { tabIndex: 0 }, source.full_content),
    );
    details.dataset.source = String(source.id);
    return el('li', {}, details);
  });
  const count = sources.length === 1 ? '1 source' : `${sources.length} sources`;
  return el(
    'details',
    { className: 'sources' },
    el('summary', {}, count, el('span', { className: 'quiet' }, ` · ${pagesOf(sources)}`)),
    el('ul', {}, ...items),
  );
}

/** The first places, so that a folded list says where the answer comes from. */
function pagesOf(sources: Source[]): string {
  const places = [...new Set(sources.map((source) => source.location))];
  return places.length > 4 ? `${places.slice(0, 4).join(' · ')} …` : places.join(' · ');
}

function waitingRow(): HTMLElement {
  const dots = el('div', { className: 'bubble dots', role: 'status', ariaLabel: 'The answer is on its way' });
  dots.append(el('i'), el('i'), el('i'));
  return el('li', { className: 'bot' }, dots);
}
