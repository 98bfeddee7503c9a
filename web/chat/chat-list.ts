/** The list of chats, in the order the API gives them. */
import type { Chat } from './api.ts';
import { byId, el, say, showList } from './dom.ts';

export function showChats(chats: Chat[], open: string | undefined, choose: (id: string) => void): void {
  showList(
    byId('chats', HTMLUListElement),
    chats,
    (chat) => chat.id,
    (chat) => el('li', {}, el('button', { type: 'button', onclick: () => choose(chat.id) })),
    (item, chat) => {
      const button = item.firstElementChild as HTMLButtonElement;
      const parts = [chat.title, describe(chat)];
      if (button.textContent !== parts.join(''))
        button.replaceChildren(
          el('span', { className: 'name' }, parts[0]),
          el('span', { className: 'quiet' }, parts[1]),
        );
      button.ariaCurrent = chat.id === open ? 'true' : null;
    },
  );
  say(
    byId('no-chats', HTMLParagraphElement),
    chats.length === 0 ? 'No chats yet. Start one with “New chat”.' : undefined,
  );
}

function describe({ message_count, pdf_list }: Chat): string {
  const messages = message_count === 0 ? 'No messages' : `${message_count} messages`;
  if (pdf_list.length === 0) return messages;
  return `${messages} · ${pdf_list.length === 1 ? '1 PDF' : `${pdf_list.length} PDFs`}`;
}
