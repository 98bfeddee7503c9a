/** What the chatbot's quirks change that more than a place in an answer has to say. */

import type { ChangesIn } from '@banyan/suite/retired/change.ts';
import type { QuirkName } from '../../../services/quirks.ts';
import { deletedChats } from './deleted-chats.ts';
import { deletedPdfs } from './deleted-pdfs.ts';
import { limits } from './limits.ts';

export const chatbotChanges: Readonly<Partial<Record<QuirkName, ChangesIn>>> = {
  'deleted-pdf-still-retrieved': deletedPdfs,
  'deleted-chat-lingers': deletedChats,
  'limits-count-finished-only': limits,
};
