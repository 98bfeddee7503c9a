/** Recordings of the chat page in a real browser, by name. */
import { onePerson } from './one-person.ts';
import { severalDocuments } from './several-documents.ts';
import { twoPeople } from './two-people.ts';

export const pageUses: Readonly<Record<string, (origin: string) => Promise<void>>> = {
  'chat-page': onePerson,
  'chat-page-documents': severalDocuments,
  'chat-page-two-people': twoPeople,
};
