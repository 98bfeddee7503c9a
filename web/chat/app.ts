/** The chat page: what is open, what was asked, and asking the API again every few seconds, as other frontends do. */
import * as api from './api.ts';
import { showChats } from './chat-list.ts';
import { confirmed } from './confirm.ts';
import { type ShownMessage, showConversation } from './conversation.ts';
import { showDocuments } from './documents.ts';
import { byId, say } from './dom.ts';
import { setUpRename, stopRenaming } from './rename.ts';
import { Uploads } from './uploads.ts';

const POLL = 5000;
const POLL_WHILE_READING = 1000;

const banner = byId('banner', HTMLParagraphElement);
const askError = byId('ask-error', HTMLParagraphElement);
const question = byId('question', HTMLTextAreaElement);
const file = byId('file', HTMLInputElement);

let chats: api.Chat[] = [];
let open: string | undefined;
const messages = new Map<string, api.Message[]>();
/** Sources of the answers that this page got, by the chat and the number of the message. */
const sources = new Map<string, { reply: string | null; sources: api.Source[] }>();
/** Questions on their way, by chat. */
const waiting = new Map<string, string>();
const uploads = new Uploads(show, () => Date.now());

const openChat = () => chats.find((chat) => chat.id === open);

function show(): void {
  showChats(chats, open, (id) => void choose(id));
  const chat = openChat();
  document.body.dataset.view = chat ? 'chat' : 'list';
  byId('welcome', HTMLElement).hidden = chat !== undefined;
  byId('chat', HTMLElement).hidden = chat === undefined;
  document.title = chat ? `${chat.title} – Banyan chat` : 'Banyan chat';
  if (!chat) return;
  const title = byId('title', HTMLHeadingElement);
  if (title.textContent !== chat.title) title.textContent = chat.title;
  title.title = chat.title;
  showDocuments(chat, uploads.of(chat.id), {
    remove: (name) => void remove(chat.id, name),
    dismiss: (upload) => uploads.dismiss(upload),
  });
  if (messages.has(chat.id))
    showConversation(shownMessages(chat.id), waiting.get(chat.id), chat.pdf_list.length > 0);
  byId('send', HTMLButtonElement).disabled = waiting.has(chat.id);
}

function shownMessages(chat: string): ShownMessage[] {
  return (messages.get(chat) ?? []).map((message, at) => {
    const key = `${chat} ${at}`;
    const known = sources.get(key);
    return { ...message, key, sources: known?.reply === message.text ? known.sources : undefined };
  });
}

/** Runs one action of a person; what goes wrong is shown as the API says it. Resolves with whether it went well. */
async function attempt(action: () => Promise<void>, where = banner): Promise<boolean> {
  try {
    await action();
    say(where, undefined);
    return true;
  } catch (error) {
    say(where, error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    show();
  }
}

/** Lists are taken in the order in which they were asked for: a late answer must not bring back what is gone. */
let turns = 0;
let taken = 0;

async function refresh(): Promise<void> {
  turns += 1;
  const turn = turns;
  const asked = open;
  const [list, documents] = await Promise.all([
    api.listChats(),
    asked === undefined ? undefined : api.listDocuments(asked),
  ]);
  if (turn < taken) return;
  taken = turn;
  chats = list;
  if (asked === undefined || asked !== open) return;
  const chat = openChat();
  if (!chat) return close();
  if (documents) await uploads.refresh(chat, documents);
  const known = messages.get(asked);
  if (!waiting.has(asked) && known?.length !== chat.message_count) await loadMessages(asked);
}

async function loadMessages(chat: string): Promise<void> {
  const loaded = await api.listMessages(chat);
  if (!waiting.has(chat)) messages.set(chat, loaded);
}

async function choose(id: string): Promise<void> {
  stopRenaming();
  const focused = document.activeElement;
  open = id;
  history.replaceState(null, '', `#${id}`);
  say(askError, undefined);
  await attempt(() => loadMessages(id));
  await attempt(refresh);
  // Whoever writes something else by now, as a title, goes on with it.
  const isElsewhere = document.activeElement !== focused && document.activeElement !== document.body;
  if (open === id && !isElsewhere) focusQuestion();
}

/** Not on a phone: its keyboard would cover half of the chat. */
function focusQuestion(): void {
  if (matchMedia('(min-width: 721px)').matches) question.focus();
}

function close(): void {
  open = undefined;
  history.replaceState(null, '', location.pathname);
}

async function create(): Promise<void> {
  let made: string | undefined;
  await attempt(async () => {
    const chat = await api.createChat();
    taken = turns + 1;
    turns = taken;
    chats = [chat, ...chats];
    made = chat.id;
  });
  if (made !== undefined) await choose(made);
}

async function send(): Promise<void> {
  const chat = open;
  const text = question.value;
  if (chat === undefined || waiting.has(chat)) return;
  waiting.set(chat, text);
  question.value = '';
  // The button that was clicked is disabled now, and would take the focus with it.
  focusQuestion();
  const taken = await attempt(async () => {
    show();
    const { reply, sources: found, message_count } = await api.ask(chat, text);
    const said: api.Message[] = [
      { text: text.trim(), sender: 'user' },
      { text: reply, sender: 'bot' },
    ];
    const known = messages.get(chat) ?? [];
    sources.set(`${chat} ${message_count - 1}`, { reply, sources: found });
    waiting.delete(chat);
    if (known.length + 2 === message_count) messages.set(chat, [...known, ...said]);
    else await loadMessages(chat);
  }, askError);
  waiting.delete(chat);
  if (!taken && question.value === '' && open === chat) question.value = text;
  await attempt(refresh);
}

async function remove(chat: string, name: string): Promise<void> {
  const consequence = 'Answers will no longer be drawn from it.';
  if (!(await confirmed(`Remove “${name}” from this chat?`, consequence, 'Remove'))) return;
  await attempt(async () => {
    await api.removePdf(chat, name);
    await refresh();
  });
}

async function removeChat(): Promise<void> {
  const chat = openChat();
  if (!chat) return;
  const consequence = 'Its messages and its PDFs go with it.';
  if (!(await confirmed(`Delete “${chat.title}”?`, consequence, 'Delete'))) return;
  await attempt(async () => {
    await api.deleteChat(chat.id);
    close();
    await refresh();
  });
  if (open === undefined) byId('new-chat', HTMLButtonElement).focus();
}

/** One after another: the API counts a PDF against the limit when it is finished. */
async function upload(files: Iterable<File>): Promise<void> {
  const chat = open;
  if (chat === undefined) return;
  for (const one of files) await uploads.send(chat, one);
  await attempt(refresh);
  schedule();
}

/** What a failing poll says, it takes back itself; what an action of a person said stays until the next one. */
let pollSaid = '';
async function poll(): Promise<void> {
  try {
    await refresh();
    if (banner.textContent === pollSaid) say(banner, undefined);
  } catch (error) {
    pollSaid = error instanceof Error ? error.message : String(error);
    say(banner, pollSaid);
  }
}

let timer: number | undefined;
function schedule(): void {
  clearTimeout(timer);
  const wait = open !== undefined && uploads.isReading(open) ? POLL_WHILE_READING : POLL;
  timer = window.setTimeout(async () => {
    if (!document.hidden) await poll();
    show();
    schedule();
  }, wait);
}

byId('new-chat', HTMLButtonElement).addEventListener('click', () => void create());
byId('first-chat', HTMLButtonElement).addEventListener('click', () => void create());
byId('delete-chat', HTMLButtonElement).addEventListener('click', () => void removeChat());
byId('back', HTMLButtonElement).addEventListener('click', () => {
  close();
  show();
});
byId('add-pdf', HTMLButtonElement).addEventListener('click', () => file.click());
file.addEventListener('change', () => {
  const files = [...(file.files ?? [])];
  file.value = '';
  void upload(files);
});
byId('composer', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
question.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
const main = document.querySelector('main');
main?.addEventListener('dragover', (event) => event.preventDefault());
main?.addEventListener('drop', (event) => {
  event.preventDefault();
  void upload(event.dataTransfer?.files ?? []);
});
setUpRename(
  (title) =>
    attempt(async () => {
      if (open === undefined) return;
      await api.renameChat(open, title);
      await refresh();
    }),
  () => say(banner, undefined),
);

void (async () => {
  const page = await fetch('/chat/page.json').then(
    (response) => response.json() as Promise<{ model: string }>,
  );
  byId('answers-come-from', HTMLParagraphElement).textContent = `Answers come from ${page.model}.`;
})();
await attempt(refresh);
const linked = location.hash.slice(1);
if (chats.some((chat) => chat.id === linked)) await choose(linked);
schedule();
