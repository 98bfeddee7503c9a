/** What an import says at its end: what came over, what did not, and why. */

/** What became of a thing that has a note. */
export type Outcome = 'left out' | 'altered' | 'as legacy has it';

export interface NoteKind {
  outcome: Outcome;
  /** What it is and why it was dealt with in this way; docs/import.md has the same words. */
  says: string;
}

/** Everything that an import may remark on. */
export const noteKinds = {
  list_cut: {
    outcome: 'left out',
    says: 'chat_history.json is cut short, as legacy does with a lone surrogate in a title: the complete chats before the cut came over. If that legacy app still runs it has the others in memory: rename the chat that is named here, which writes the file anew, and import again.',
  },
  list_unusable: {
    outcome: 'left out',
    says: 'chat_history.json is not a list of chats, so no chat is in the list.',
  },
  chat_unusable: { outcome: 'left out', says: 'An entry of the list that is not a chat with an id.' },
  duplicate_id: {
    outcome: 'left out',
    says: 'The list has this id more than once; legacy finds the first one only, which came over.',
  },
  time_unusable: {
    outcome: 'altered',
    says: 'A time that is not written as legacy writes it; the nearest one that is took its place.',
  },
  field_unusable: {
    outcome: 'altered',
    says: 'A field that is missing or of the wrong type; legacy fails with it, an empty one took its place.',
  },
  memory_cut: {
    outcome: 'left out',
    says: 'The memory file is cut short, as legacy does with a lone surrogate in a message: the complete turns before the cut came over, where a restarted legacy shows none.',
  },
  memory_unusable: { outcome: 'left out', says: 'The memory file is not a list of turns.' },
  memory_without_chat: {
    outcome: 'as legacy has it',
    says: 'A memory file of a chat that is not in the list: a conversation that was begun by a message to its id, or a chat that the cut of the list took. It came over as a conversation in no list: who asks for its id gets it.',
  },
  unknown_role: {
    outcome: 'altered',
    says: "A turn of a role that is neither user nor model: legacy shows it as the bot's, and it came over as the model's.",
  },
  turn_unusable: {
    outcome: 'left out',
    says: 'A turn without a text; legacy fails to show the whole chat.',
  },
  more_parts: {
    outcome: 'left out',
    says: 'A turn of several parts: legacy shows the first one only, which came over.',
  },
  count_differs: {
    outcome: 'as legacy has it',
    says: 'The message count of the list is not the number of turns; it is kept as it was shown.',
  },
  bytes_replaced: {
    outcome: 'altered',
    says: 'The file has bytes that are not UTF-8; each is U+FFFD now.',
  },
  collection_unreadable: {
    outcome: 'left out',
    says: 'Chroma cannot read the collection, so the texts of its PDFs are missing.',
  },
  wrong_dimension: {
    outcome: 'left out',
    says: 'The vectors have another number of dimensions than the model; they cannot be searched together.',
  },
  chunk_unusable: {
    outcome: 'left out',
    says: 'A chunk without a text, a vector, or the id of its document.',
  },
  collection_foreign: {
    outcome: 'left out',
    says: 'A collection that is not of a chat: its name does not begin with chat_.',
  },
  collection_without_chat: {
    outcome: 'as legacy has it',
    says: "The documents of a deleted chat: /docs of its id still lists them and a message to it still finds them, as long as the quirk deleted-chat-lingers is on. Their names are Chroma's.",
  },
  deleted_chat: {
    outcome: 'left out',
    says: 'The documents of a deleted chat: the quirk deleted-chat-lingers is retired.',
  },
  deleted_pdf: {
    outcome: 'as legacy has it',
    says: "A document that the chat's list no longer has: a deleted PDF, which is still retrieved, as long as the quirk deleted-pdf-still-retrieved is on. Its name is Chroma's, in which odd characters are underscores.",
  },
  deleted_pdf_left_out: {
    outcome: 'left out',
    says: 'A deleted PDF: the quirk deleted-pdf-still-retrieved is retired.',
  },
  pdf_without_text: {
    outcome: 'left out',
    says: 'A listed PDF that Chroma has no chunks of: it is listed as before, and nothing of it can be retrieved.',
  },
  pdf_unusable: { outcome: 'left out', says: 'An entry of a PDF list without a name, or without chunks.' },
  pdf_count_differs: {
    outcome: 'as legacy has it',
    says: 'A PDF has another number of chunks in the list than in Chroma; the list shows the one that it had.',
  },
  changed_here: {
    outcome: 'left out',
    says: 'Legacy has changed the chat since the last import, and so has the new backend: what is here was kept.',
  },
  made_here: {
    outcome: 'left out',
    says: 'The new backend has a chat of that id that no import has brought: what is here was kept.',
  },
  deleted_here: {
    outcome: 'left out',
    says: 'The chat was imported before and has been deleted here since; it was not brought back.',
  },
  gone_from_legacy: {
    outcome: 'as legacy has it',
    says: 'The chat was imported before and legacy no longer has it; it stays here.',
  },
} as const satisfies Record<string, NoteKind>;

export type NoteName = keyof typeof noteKinds;

export interface Note {
  kind: NoteName;
  /** The chat, file or collection. */
  about: string;
  /** What exactly. */
  detail: string;
}

export interface Counts {
  /** Chats in the list. */
  chats: number;
  /** Conversations in no list, and what is left of deleted chats. */
  unlisted: number;
  messages: number;
  documents: number;
  chunks: number;
}

export const nothing = (): Counts => ({ chats: 0, unlisted: 0, messages: 0, documents: 0, chunks: 0 });

export interface Verification {
  /** Chats whose turns, documents and chunks were counted in the database. */
  counted: number;
  /** Vectors whose neighbours both were asked for, and how often they agreed. */
  asked: number;
  agreed: number;
  /** Chroma, whose search is approximate, had left out a nearer chunk. */
  missedByChroma: number;
  /** What is wrong, a sentence each; empty: all is well. */
  faults: string[];
}

export interface ImportReport {
  dryRun: boolean;
  /** What the legacy app's files hold that can come over. */
  source: Counts;
  /** Chats by what was done with them. */
  done: { brought: number; updated: number; alreadyHere: number; kept: number };
  notes: Note[];
  /** Absent in a dry run. */
  verified?: Verification;
  /** Milliseconds. */
  took: number;
}

/** Whether anything stayed behind. */
export const leftOut = (report: ImportReport): boolean =>
  report.notes.some(({ kind }) => noteKinds[kind].outcome === 'left out');
