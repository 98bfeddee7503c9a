/** Everything that a client can see of the chats, through the public API, wherever it is asked. */

export interface ChatState {
  id: string;
  title: string;
  turns: { sender: string; text: string }[];
  documents: { name: string; chunks: number }[];
}

/** Sorted by what they hold, as their ids are not the same everywhere. */
export async function stateOf(url: string): Promise<ChatState[]> {
  const list = (await asked(url, '/api/chats')) as { id: string; title: string }[];
  const states: ChatState[] = [];
  for (const { id, title } of list) {
    const turns = (await asked(url, `/api/chats/${id}`)) as { sender: string; text: string }[];
    const { pdfs = [] } = (await asked(url, `/api/chats/${id}/pdfs`)) as {
      pdfs?: { name: string; chunks: number }[];
    };
    states.push({
      id,
      title,
      turns: turns.map(({ sender, text }) => ({ sender, text })),
      documents: pdfs.map(({ name, chunks }) => ({ name, chunks })),
    });
  }
  return states.toSorted((a, b) => (contentsOf(a) < contentsOf(b) ? -1 : 1));
}

/** The list of chats as it is: ids, titles, times, order. */
export async function listOf(url: string): Promise<string> {
  return JSON.stringify(await asked(url, '/api/chats'));
}

/** What a chat holds, whatever it is called. */
function contentsOf({ id: _, ...rest }: ChatState): string {
  return JSON.stringify(rest);
}

/** @param sameIds whether ids have to be the same too @returns what is not the same, chat by chat; empty, if all is */
export function differences(
  one: readonly ChatState[],
  other: readonly ChatState[],
  sameIds: boolean,
): string[] {
  const text = (state: ChatState | undefined) =>
    state === undefined ? 'none' : sameIds ? JSON.stringify(state) : contentsOf(state);
  const longest = Math.max(one.length, other.length);
  return Array.from({ length: longest }, (_, i) => [text(one[i]), text(other[i])]).flatMap(
    ([a = '', b = '']) => (a === b ? [] : [`${a.slice(0, 300)}\n  and ${b.slice(0, 300)}`]),
  );
}

/** Where two texts begin to differ, with what stands around it. */
export function apart(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const from = Math.max(0, at - 60);
  return `${a.slice(0, 60)} … ${a.slice(from, at + 160)}\n  and ${b.slice(from, at + 160)}`;
}

export interface Answer {
  reply: string;
  sources: unknown;
}

/** Asks a question in a chat. */
export async function ask(url: string, chat: string, message: string): Promise<Answer> {
  const { reply, sources } = (await asked(url, `/api/chats/${chat}/messages`, { message })) as Answer;
  return { reply, sources };
}

async function asked(url: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(url + path, {
    ...(body && {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 200)}`);
  return response.json();
}
