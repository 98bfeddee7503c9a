/** An application of notes, as either backend has it: ids and a clock of its own, state in memory, a model. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { OperationHint } from '../../backends/backend.ts';
import type { ShownEntity } from '../mirror/take-over.ts';

export interface Asked {
  method: string;
  target: string;
  body: string;
  /** As legacy gets them. */
  headers?: IncomingHttpHeaders;
  /** For the new one. */
  operation?: OperationHint | undefined;
}

export interface Said {
  status: number;
  json: unknown;
  /** In the place of the JSON. */
  text?: string;
  /** Beside the usual ones, or in their place. */
  headers?: Record<string, string>;
}

/** An answer on its way. */
export interface Sent {
  status: number;
  rawHeaders: string[];
  body: Buffer | Readable;
}

export interface Note {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  count: number;
  /** Left out while there are none. */
  scans?: { name: string; time: string }[];
}

/** Everything that there is of a note; the note is missing where it is not listed. */
export interface NoteState {
  note?: Note;
  lines: string[];
}

/** Read in the background, as a document is. */
interface Scan {
  scan_id: string;
  note: string;
  name: string;
  state: 'queued' | 'done';
  finished_at?: string;
}

/** Asks the model. @param operation of the new one */
export type AskModel = (history: string[], prompt: string, operation?: string) => Promise<string>;

export interface NotesApp {
  handle(asked: Asked): Promise<Said>;
  notes: Note[];
  linesOf(id: string): string[];
  /** Takes over what another one shows of a note. @returns why it cannot */
  put(note: ShownEntity): string | undefined;
  /** A note as it was before any gateway, or as another application has it; none: it is gone. Behind everybody's back. */
  install(id: string, state: NoteState | undefined): void;
  stateOf(id: string): NoteState | undefined;
  /** Loses them, behind everybody's back. */
  forget(id: string): void;
  /** Its process ends and another one starts: it forgets its scans, and what was under way has no effect. */
  restart(): void;
  /** Sees to it that an operation is never done, unless it has been. */
  makeVoid(id: string): 'void' | 'done';
  /** How many lines it lists of a note that has so many; a backend that loses a race of its own lists fewer. */
  lists: (lines: number) => number;
  /** It loses hold of its scans: they are read, and for good said to be queued. */
  losesScans?: boolean;
  /** What it stores and answers while its model cannot be reached. */
  excuse?: string;
  /** What it stores and answers if the call of its model fails; it answers with an error unless told. */
  apology?: string;
  /** A text that is at the model holds on to what was said, and brings it back if the note was deleted meanwhile. */
  holdsOn?: boolean;
  /** How far its clock is wrong, and how far its zone is from that of the others, in milliseconds. */
  ahead: number;
  zone: number;
  /** Makes up the id of a note; a uuid unless told. */
  newId: () => unknown;
  /** How it words a text for the model: the turns of the call. */
  prompts: (text: string) => string[];
  /** How long a scan takes; none unless told. */
  reading: (name: string) => Promise<void>;
  /** Called with each request, before it is looked at … */
  before: (asked: Asked) => Promise<void> | void;
  /** … and after its effect, before its answer goes out. */
  after: (asked: Asked) => Promise<void> | void;
  /** Sends the body of an answer as it likes; legacy alone. */
  passes?: (asked: Asked, body: Buffer) => Readable | undefined;
  /** Sends an answer in another form than its own: with other headers, coded, in pieces. */
  sends?: ((asked: Asked, sent: Sent) => Partial<Sent> | undefined) | undefined;
  /** Requests so far. */
  requests: Asked[];
}

let clocks = 0;

/**
 * Six digits, and never the same twice, nor what the clock that was made before or after this one says.
 * @param ahead whole milliseconds that it is wrong by
 */
export function clock(ahead = () => 0): () => string {
  const odd = clocks++ % 2;
  let last = odd;
  return () => {
    last = Math.max(last + 2, Date.now() * 1000 + odd);
    const at = last + ahead() * 1000;
    const date = new Date(Math.floor(at / 1000));
    const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    return `${local}.${String(at % 1_000_000).padStart(6, '0')}Z`;
  };
}

export function notesApp(model: AskModel): NotesApp {
  const now = clock(() => app.ahead + app.zone);
  const lines = new Map<string, string[]>();
  let scans: Scan[] = [];
  /** Scans that notes still list, and the process has forgotten. */
  let unread = new WeakSet<object>();
  let runs = 0;
  const outcomes = new Map<string, Said | 'void'>();
  const app: NotesApp = {
    notes: [],
    requests: [],
    ahead: 0,
    zone: 0,
    reading: async () => {},
    newId: randomUUID,
    prompts: (text) => [`Answer: ${text}`],
    lists: (count) => count,
    before: () => {},
    after: () => {},
    put({ kind, id, shown }) {
      if (kind !== 'note') return undefined;
      const [row] = shown['GET /notes'] as Note[];
      const said = (shown['GET /notes/:note_id/lines'] as { lines: { text: string }[] }).lines;
      const texts = said.map(({ text }) => text);
      if (row && app.linesOf(id).some((text) => !texts.includes(text))) return `lines of ${id} are missing`;
      app.notes = app.notes.flatMap((note) => (note.id !== id ? [note] : row ? [{ ...note, ...row }] : []));
      if (texts.length > 0) lines.set(id, texts);
      else lines.delete(id);
      return undefined;
    },
    install(id, state) {
      app.notes = app.notes.filter((note) => note.id !== id);
      if (state?.note) app.notes.push({ ...state.note });
      if (state && state.lines.length > 0) lines.set(id, [...state.lines]);
      else lines.delete(id);
    },
    stateOf(id) {
      const note = app.notes.find((candidate) => candidate.id === id);
      const said = lines.get(id);
      if (!note && !said) return undefined;
      return { ...(note && { note: { ...note } }), lines: [...(said ?? [])] };
    },
    forget: (id) => void lines.delete(id),
    restart() {
      runs += 1;
      scans = [];
      unread = new WeakSet(app.notes.flatMap((note) => note.scans ?? []));
    },
    linesOf: (id) => lines.get(id) ?? [],
    makeVoid(id) {
      const outcome = outcomes.get(id);
      if (!outcome) outcomes.set(id, 'void');
      return !outcome || outcome === 'void' ? 'void' : 'done';
    },
    async handle(asked) {
      app.requests.push(asked);
      await app.before(asked);
      const id = asked.operation?.id;
      const known = id === undefined ? undefined : outcomes.get(id);
      if (known) return known === 'void' ? { status: 409, json: { error: 'void' } } : known;
      const run = runs;
      const said = await route(asked);
      if (run !== runs) throw new Error('the process has ended');
      if (id !== undefined) {
        if (outcomes.get(id) === 'void') throw new Error('made void meanwhile');
        outcomes.set(id, said);
      }
      await app.after(asked);
      return said;
    },
  };

  async function route(asked: Asked): Promise<Said> {
    const [, root, rawId = '', part, name = ''] = asked.target.split('/');
    const id = decodeURIComponent(rawId);
    const hint = asked.operation;
    const preset = hint?.answer as Partial<Note> | undefined;
    if (root === 'scans') {
      const scan = scans.find(({ scan_id }) => scan_id === id);
      return scan ? { status: 200, json: { ...scan } } : { status: 404, json: { error: 'no such scan' } };
    }
    if (root !== 'notes') return { status: 404, json: { error: 'nowhere' } };
    if (!rawId && asked.method === 'GET')
      return { status: 200, json: app.notes.toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1)) };
    if (!rawId) {
      const note = {
        id: (preset?.id ?? app.newId()) as string,
        title: preset?.title ?? `Note ${app.notes.length + 1}`,
        created_at: preset?.created_at ?? now(),
        updated_at: preset?.updated_at ?? now(),
        count: 0,
      };
      app.notes.unshift(note);
      return { status: 201, json: { ...note } };
    }
    const note = app.notes.find((candidate) => String(candidate.id) === id);
    const touch = () => {
      if (note) note.updated_at = hint?.times?.updated_at ?? now();
    };
    if (!part) {
      app.notes = app.notes.filter((candidate) => String(candidate.id) !== id);
      lines.delete(id);
      return { status: 200, json: { message: 'deleted' } };
    }
    const body = asked.body
      ? (JSON.parse(asked.body) as { title?: string; text?: string; name?: string })
      : {};
    if (part === 'scans' && asked.method === 'DELETE') {
      if (note) note.scans = (note.scans ?? []).filter(({ name: own }) => own !== decodeURIComponent(name));
      return { status: 200, json: { message: 'removed' } };
    }
    if (part === 'scans') return asked.method === 'GET' ? scansOf(note) : scan(note, body.name ?? '', hint);
    if (part === 'files')
      return { status: 200, json: { files: (note?.scans ?? []).map(({ name: own }) => ({ name: own })) } };
    if (part === 'title') {
      const title = body.title?.trim();
      if (!title) return { status: 400, json: { error: 'empty' } };
      if (note) note.title = title;
      touch();
      return { status: 200, json: { message: 'renamed' } };
    }
    if (asked.method === 'GET')
      return { status: 200, json: { note: id, lines: app.linesOf(id).map((text) => ({ text })) } };
    const text = body.text?.trim() ?? '';
    if (!text) return { status: 400, json: { error: 'empty' } };
    const read = note?.scans && readOf(note).length;
    const seen = read ? `With ${read} scans. ` : '';
    const run = runs;
    const [first = '', ...rest] = app.prompts(text);
    const turns = [...app.linesOf(id).slice(-10), `${seen}${first}`, ...rest];
    const said = () =>
      model(turns.slice(0, -1), turns.at(-1) ?? '', hint?.id).catch((error: unknown) => {
        if (app.apology === undefined) throw error;
        return app.apology;
      });
    const held = app.holdsOn ? app.linesOf(id) : undefined;
    if (held) lines.set(id, held);
    const reply = app.excuse ?? (await said());
    if (run !== runs) throw new Error('the process has ended');
    // As legacy does: what was said meanwhile comes before.
    const all = held ?? [...app.linesOf(id)];
    all.push(text, reply);
    lines.set(id, all);
    if (note) note.count = hint?.counts?.count ?? app.lists(all.length);
    touch();
    return { status: 200, json: { reply, count: all.length } };
  }
  return app;

  function hasEnded({ note, name }: Scan): boolean {
    const { scans: ended = [] } = app.notes.find(({ id }) => id === note) ?? {};
    return ended.some((each) => each.name === name);
  }

  function readOf({ scans: all = [] }: Note) {
    return all.filter((each) => !unread.has(each));
  }

  function scansOf(note: Note | undefined): Said {
    const waiting = scans.filter(
      (each) => each.note === note?.id && each.state === 'queued' && !hasEnded(each),
    );
    const done = note ? readOf(note).map(({ name }) => ({ name })) : [];
    return {
      status: 200,
      json: { done, waiting: waiting.map(({ name, scan_id }) => ({ name, scan_id })) },
    };
  }

  function scan(note: Note | undefined, name: string, hint: OperationHint | undefined): Said {
    if (!note) return { status: 404, json: { error: 'no such note' } };
    if (note.scans?.some((each) => each.name === name))
      return { status: 400, json: { error: 'already there' } };
    const preset = hint?.answer as Partial<Scan> | undefined;
    const begun: Scan = { scan_id: preset?.scan_id ?? randomUUID(), note: note.id, name, state: 'queued' };
    scans.push(begun);
    const run = runs;
    void app.reading(name).then(() => {
      if (run !== runs) return;
      const read = app.notes.find(({ id }) => id === note.id) ?? note;
      read.scans = [...(read.scans ?? []), { name, time: now() }];
      if (!app.losesScans) Object.assign(begun, { state: 'done', finished_at: now() });
    });
    return { status: 202, json: { scan_id: begun.scan_id } };
  }
}

/** As Flask in debug mode prints it. */
export function bytesOf(json: unknown): Buffer {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort()
              .map(([name, member]) => [name, sorted(member)]),
          )
        : value;
  return Buffer.from(`${JSON.stringify(sorted(json), null, 2)}\n`);
}
