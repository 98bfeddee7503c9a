/** Kills parts of a backend at random points while it takes uploads, and looks what became of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Chance, chance } from '@banyan/operations/testing/random.ts';
import { failedText } from '../../ingestion/child/ingest.ts';
import { committedCorpus } from '../../ingestion/parity/run.ts';
import { good } from '../../ingestion/testing/bad-pdfs.ts';
import { NotAnsweredError } from './backend-process.ts';
import type { FoundJob } from './findings.ts';
import type { CrashForm } from './forms.ts';
import { Removals } from './removals.ts';
import type { Upload } from './upload.ts';

export interface CrashOptions {
  /** Blows in all. */
  runs: number;
  seed: number;
  report?: (line: string) => void;
}

export interface CrashReport {
  acknowledged: number;
  /** How many PDFs and chats were deleted, as clients were told. */
  deleted: number;
  refused: number;
  /** How often each blow was dealt. */
  blows: Record<string, number>;
  /** The longest time, in seconds, from the last blow of a round until every upload had ended. */
  longest: number;
  /** Attempts that the uploads took, all together. */
  attempts: number;
  /** What must not be; empty, if all is well. */
  faults: string[];
}

/** Blows until everything is let come to rest and looked at. */
const aRound = 10;
/** Seconds in which all uploads must have ended then: one silence, and the work. */
const rest = 60;

export async function crash(
  form: CrashForm,
  { runs, seed, report = () => {} }: CrashOptions,
): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), 'crash-files-'));
  const random = chance(seed);
  const found: CrashReport = {
    acknowledged: 0,
    deleted: 0,
    refused: 0,
    blows: {},
    longest: 0,
    attempts: 0,
    faults: [],
  };
  try {
    const files = await filesIn(folder);
    const expected = await whatBecomesOf(files, form);
    const acknowledged: Upload[] = [];
    const removals = new Removals(form.api);
    const upload = async () => {
      const file = random.of(files);
      try {
        await form.api.ready();
        // Now and then beside another: a chat that goes takes both, a PDF that goes leaves the other.
        const beside = random.below(2) && acknowledged.length ? random.of(acknowledged).chatId : undefined;
        const answer = await form.api.ask({ kind: 'upload', file, ...(beside && { chatId: beside }) });
        if (answer.kind === 'stored') acknowledged.push({ ...answer, file });
      } catch (error) {
        if (!(error instanceof NotAnsweredError)) throw error;
        found.refused++;
      }
    };
    const nextBlow = inTurns(Object.keys(form.blows), random);
    for (let run = 1; run <= runs; run++) {
      const uploading = Promise.all([upload(), upload()]);
      await delay(random.below(1500));
      await lookAt(form, removals, found.faults);
      const removing = removals.ask(acknowledged, random);
      const blow = nextBlow();
      found.blows[blow] = (found.blows[blow] ?? 0) + 1;
      await form.blows[blow]?.();
      if (random.below(2)) await uploading;
      else uploading.catch(() => {});
      if (run % aRound && run !== runs) continue;
      await uploading;
      await removing;
      for (const { endedByItself } of form.processes)
        found.faults.push(...endedByItself.splice(0).map((said) => `a process ended by itself: ${said}`));
      const begun = performance.now();
      await comeToRest(form, acknowledged, removals);
      const seconds = (performance.now() - begun) / 1000;
      // Once more when nothing is in its way: all of them can be deleted now.
      await removals.ask(acknowledged, random);
      const jobs = await comeToRest(form, acknowledged, removals);
      found.longest = Math.max(found.longest, seconds);
      found.faults.push(
        ...jobs.faults,
        ...acknowledged.flatMap((one) => faultsOf(one, jobs.byId, { expected, removals })),
      );
      report(
        `${form.name}: ${run} of ${runs} blows, ${acknowledged.length} uploads and ${removals.acknowledged} deletions acknowledged, at rest after ${seconds.toFixed(1)} s, ${found.faults.length} faults`,
      );
      found.acknowledged = acknowledged.length;
      found.deleted = removals.acknowledged;
      found.attempts = [...jobs.byId.values()].reduce((sum, { attempt }) => sum + attempt, 0);
      if (found.faults.length > 0) break;
    }
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Each comes once before any comes again, in an order that chance gives. */
function inTurns(names: string[], random: Chance): () => string {
  let left: string[] = [];
  return () => {
    if (left.length === 0) left = [...names];
    return left.splice(random.below(left.length), 1)[0] ?? '';
  };
}

/** One chunk, several, many, and none. */
async function filesIn(folder: string): Promise<string[]> {
  const [plain, bad] = [join(folder, 'good.pdf'), join(folder, 'bad.pdf')];
  await writeFile(plain, good);
  await writeFile(bad, 'no PDF');
  return [
    plain,
    bad,
    ...['plain', 'long-pages', 'tables-ruled'].map((name) => join(committedCorpus, `${name}.pdf`)),
  ];
}

type Outcome = Pick<FoundJob, 'status' | 'error' | 'listed' | 'chunks' | 'digest'>;

const outcomeOf = ({ status, error, listed, chunks, digest }: FoundJob): Outcome => ({
  status,
  error,
  listed,
  chunks,
  digest,
});

/** Each file, taken in while nothing is killed. */
async function whatBecomesOf(files: string[], form: CrashForm): Promise<Map<string, Outcome>> {
  const uploads: Upload[] = [];
  for (const file of files) {
    const answer = await form.api.ask({ kind: 'upload', file });
    if (answer.kind === 'stored') uploads.push({ ...answer, file });
  }
  const { byId } = await comeToRest(form, uploads, new Removals(form.api));
  const outcomes = new Map<string, Outcome>();
  for (const { jobId, file } of uploads) {
    const job = byId.get(jobId);
    if (job) outcomes.set(file, outcomeOf(job));
  }
  const errors = [...outcomes.values()].filter(
    ({ status, error }) => status === 'error' && error === failedText,
  );
  if (outcomes.size !== files.length || errors.length !== 1)
    throw new Error('The files cannot even be taken in undisturbed.');
  return outcomes;
}

/** In the middle of it all nothing may be half published either. */
async function lookAt(form: CrashForm, { gone }: Removals, faults: string[]): Promise<void> {
  const answer = await form.api.ask({ kind: 'find', gone }).catch(() => undefined);
  if (answer?.kind === 'found') faults.push(...answer.findings.faults);
}

/** Waits until every upload has ended, or has had its time. */
async function comeToRest(form: CrashForm, uploads: Upload[], removals: Removals) {
  for (const end = Date.now() + rest * 1000; ; await delay(100)) {
    await form.api.ready();
    const answer = await form.api.ask({ kind: 'find', gone: removals.gone }).catch((error: unknown) => {
      // It is asked again, unless it has had its time.
      if (Date.now() > end) throw error;
    });
    if (answer?.kind !== 'found') continue;
    const byId = new Map(answer.findings.jobs.map((job) => [job.id, job]));
    const ended = uploads.every((upload) => {
      const { status } = byId.get(upload.jobId) ?? {};
      return status === undefined ? removals.mayBeGone(upload) : ['done', 'error'].includes(status);
    });
    if (ended || Date.now() > end) return { byId, faults: answer.findings.faults };
  }
}

function faultsOf(
  upload: Upload,
  byId: Map<string, FoundJob>,
  { expected, removals }: { expected: Map<string, Outcome>; removals: Removals },
): string[] {
  const { jobId, file } = upload;
  const job = byId.get(jobId);
  const mayBeGone = removals.mayBeGone(upload);
  if (!job) return mayBeGone ? [] : [`an acknowledged upload is lost: ${jobId}`];
  if (job.status !== 'done' && job.status !== 'error') return [`an upload is stuck, ${job.status}: ${jobId}`];
  // By whole documents only.
  if (mayBeGone && job.listed === 0 && job.chunks === 0) return [];
  const [is, should] = [outcomeOf(job), expected.get(file)].map((outcome) => JSON.stringify(outcome));
  return is === should ? [] : [`an upload came to ${is} instead of ${should}: ${jobId}`];
}
