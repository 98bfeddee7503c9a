/** What brings notes from one application of notes to another, as an application's own source does. */
import type { SyncSource } from '../sync/source.ts';
import type { NoteState, NotesApp } from './notes-app.ts';

/** Called before each reading, with the ids. */
export type BeforeReading = (ids: readonly string[]) => Promise<void> | void;

export function notesSource(legacy: NotesApp, fresh: NotesApp, before: BeforeReading = () => {}): SyncSource {
  return {
    kind: 'note',
    ids: async () => legacy.notes.map(({ id }) => id),
    async snapshots(ids) {
      await before(ids);
      return new Map(ids.map((id) => [id, legacy.stateOf(id)]));
    },
    async install(_, publicId, snapshot, names) {
      const state = snapshot as NoteState | undefined;
      const note = state?.note;
      const shown = (field: 'created_at' | 'updated_at', value: string) =>
        names.publicTime(field, value) ?? value;
      fresh.install(
        publicId,
        state && {
          ...state,
          ...(note && {
            note: {
              ...note,
              id: publicId,
              created_at: shown('created_at', note.created_at),
              updated_at: shown('updated_at', note.updated_at),
            },
          }),
        },
      );
      return true;
    },
    close: async () => {},
  };
}

/** Notes with lines, as an application has them that was in use for a while. */
export function manyNotes(app: NotesApp, count: number): void {
  for (let at = 0; at < count; at++) {
    const id = oldId(at);
    const second = String(at % 60).padStart(2, '0');
    const time = `2024-01-01T00:${String(Math.floor(at / 60) % 60).padStart(2, '0')}:${second}.000001Z`;
    const note = { id, title: `Old ${at}`, created_at: time, updated_at: time, count: 2 };
    app.install(id, { note, lines: [`question ${at}`, `answer ${at}`] });
  }
}

/** The id of such a note. */
export const oldId = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
