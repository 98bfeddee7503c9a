/**
 * The seams around the forwarder where the journal goes: a write is admitted before it is sent, and settled before the
 * client sees its answer. Until there is a journal, every request is admitted to the side that its flag names.
 */
import type { BackendName } from '../../contract/route-table.ts';
import type { BackendRequest, BackendResponse } from '../backends/backend.ts';

export interface Admission {
  /** The side that serves; the flag's, unless the keys are held by the other. */
  backend: BackendName;
  /** Stored answers, rewritten ids and times: what the client gets instead of what the backend said. */
  settle(answer: BackendResponse): BackendResponse | Promise<BackendResponse>;
}

export interface Continuity {
  admit(flagged: BackendName, request: BackendRequest): Admission | Promise<Admission>;
}

const asAnswered = (answer: BackendResponse) => answer;
const admissions: Readonly<Record<BackendName, Admission>> = {
  legacy: { backend: 'legacy', settle: asAnswered },
  new: { backend: 'new', settle: asAnswered },
};

/** No journal: what was flagged serves, and its answer goes out as it is. */
export const withoutJournal: Continuity = { admit: (flagged) => admissions[flagged] };
