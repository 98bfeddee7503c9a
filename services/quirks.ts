/**
 * The legacy app's faults that clients may rely on: each is reproduced until it is retired, and then the contract suite
 * expects exactly that difference.
 */

/** What legacy does, and what takes its place once the quirk is retired. */
export interface QuirkRow {
  asLegacy: string;
  retired: string;
}

export const quirkTable = {
  'deleted-pdf-still-retrieved': {
    asLegacy:
      "deleting a PDF edits only pdf_list; its chunks are still retrieved until the chat's last PDF is deleted, and /docs lists it after that too",
    retired: 'gone at once',
  },
  'deleted-chat-lingers': {
    asLegacy:
      '/docs of a deleted chat still lists its documents, of which nothing is retrieved; a message to it starts it anew, and one that was at the model when it was deleted brings its whole history back, unlisted',
    retired: 'gone; 404',
  },
  'invented-message-ids': {
    asLegacy: 'GET /api/chats/ID invents ids and times',
    retired: 'stored ids and times',
  },
  'client-errors-as-500': {
    asLegacy: "the framework's 400, 413 and 415, and wrong types, answer 500",
    retired: '400, 413 and 415',
  },
  'limits-count-finished-only': {
    asLegacy: 'uploads at once pass the limit of 5 and the duplicate test',
    retired: 'queued ones count',
  },
  'source-name-sanitised': {
    asLegacy: 'sources[].source is not the listed name',
    retired: 'the listed name',
  },
  'local-time-as-utc': {
    asLegacy: 'local time with a Z',
    retired: 'UTC',
  },
} as const satisfies Record<string, QuirkRow>;

export type QuirkName = keyof typeof quirkTable;

/** Of each quirk, whether it is reproduced. */
export type Quirks = Readonly<Record<QuirkName, boolean>>;

export const quirkNames = Object.keys(quirkTable) as QuirkName[];

/** Every quirk as legacy has it. */
export const asLegacy: Quirks = quirksWithout([]);

/** @returns every quirk reproduced, apart from those named */
export function quirksWithout(retired: readonly QuirkName[]): Quirks {
  return Object.freeze(
    Object.fromEntries(quirkNames.map((name) => [name, !retired.includes(name)])),
  ) as Quirks;
}

/**
 * Reads the setting `QUIRKS_RETIRED`: names with commas between them, blanks around them do not matter.
 * @throws Error that lists every unknown name and the ones there are
 */
export function parseRetiredQuirks(setting: string | undefined): Quirks {
  const fault = retiredQuirksFault(setting);
  if (fault !== undefined) throw new Error(`QUIRKS_RETIRED ${fault}`);
  return quirksWithout(namesIn(setting).filter(isQuirkName));
}

/** @returns what is wrong with the setting, if anything is */
export function retiredQuirksFault(setting: string | undefined): string | undefined {
  const unknown = namesIn(setting).filter((name) => !isQuirkName(name));
  if (unknown.length === 0) return undefined;
  const named = unknown.map((name) => `"${name}"`).join(', ');
  return `names no quirk: ${named}. Known are ${quirkNames.join(', ')}.`;
}

function namesIn(setting: string | undefined): string[] {
  const names = (setting ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

function isQuirkName(name: string): name is QuirkName {
  return Object.hasOwn(quirkTable, name);
}
