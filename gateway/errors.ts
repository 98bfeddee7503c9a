/**
 * The one catalogue of what can go wrong: every message that Banyan shows a client, an operator or a log comes from here.
 * `status` is what a client gets; `do` tells the reader what to do next.
 */

export interface CatalogueEntry {
  /** HTTP status of the answer; 500 where no request is involved. */
  status: number;
  /** One sentence, with `{name}` where a detail goes. */
  says: string;
  /** What the reader should do. */
  do: string;
}

export const catalogue = {
  backend_unreachable: {
    status: 502,
    says: 'The {backend} backend cannot be reached.',
    do: 'Start it, or flip its routes to the other backend with `npx banyan flip`.',
  },
  backend_failed: {
    status: 502,
    says: 'The {backend} backend gave no complete answer: {reason}.',
    do: 'Look at its log; the request may or may not have taken effect.',
  },
  backend_timeout: {
    status: 504,
    says: 'The {backend} backend did not answer within {deadline} ms.',
    do: 'Look at its load; the request may or may not have taken effect.',
  },
  answer_broken_off: {
    status: 502,
    says: 'The answer was broken off, because the gateway cannot write it with the ids and times that clients know: {reason}.',
    do: 'Nothing has changed; send the request again. If that fails too, look at how the backend writes its ids and times.',
  },
  answer_unreadable: {
    status: 502,
    says: "The {backend} backend's answer cannot be written with the ids and times that clients know: {reason}.",
    do: 'Look at how the backend answers this route: Banyan reads JSON in UTF-8, UTF-16 or UTF-32, as it is or compressed with gzip, deflate, br or zstd. A write may have taken effect: `npx banyan journal` shows it.',
  },
  ambiguous_request: {
    status: 400,
    says: 'The request can be read in two ways: {reason}.',
    do: 'Send it with one meaning.',
  },
  malformed_request: {
    status: 400,
    says: 'The request is not valid HTTP: {reason}.',
    do: 'Correct the client.',
  },
  request_timeout: {
    status: 408,
    says: 'The request did not arrive in time.',
    do: 'Send it again.',
  },
  headers_too_large: {
    status: 431,
    says: "The request's headers are too large.",
    do: 'Send fewer or shorter headers.',
  },
  gateway_fault: {
    status: 500,
    says: 'The gateway failed while handling the request.',
    do: "Look for the request's id in the gateway's log and report it.",
  },
  journal_away: {
    status: 503,
    says: 'The write was not taken, because the journal cannot be written: PostgreSQL is away.',
    do: 'Nothing has happened. Start PostgreSQL, or look at DATABASE_URL, and send the request again.',
  },
  claim_lost: {
    status: 503,
    says: 'This gateway takes no more requests and ends: {where} has taken over its database.',
    do: 'The request has had no effect: send it to the gateway that has the database. If no gateway should have taken over, its log says why it did.',
  },
  outcome_unknown: {
    status: 503,
    says: 'The write was sent to the {backend} backend, and its outcome could not be written down.',
    do: 'It may have taken effect; the gateway finds out by itself once PostgreSQL is back. Look before sending it again.',
  },
  keys_held: {
    status: 503,
    says: 'The write was not taken, because other writes to the same data did not end in time.',
    do: 'Nothing has happened. Send the request again; `npx banyan journal` shows what is in the way.',
  },
  body_too_large: {
    status: 413,
    says: 'The body is larger than the {largest} bytes that this route takes while writes are journaled.',
    do: 'Nothing has happened. Send less; `largestBody` in the route table says how much a route takes.',
  },
  bodies_full: {
    status: 503,
    says: 'The write was not taken: the bodies that the journal keeps may take {most} at most.',
    do: 'Nothing has happened. `npx banyan journal` shows which writes a backend still has to be given; JOURNAL_DISK_MB says how much their bodies may take.',
  },
  disk_full: {
    status: 503,
    says: "The write was not taken: the disk of the gateway's data folder is nearly full ({reason}).",
    do: 'Nothing has happened. Make room on it; `npx banyan doctor` shows what the data folder takes.',
  },
  id_ambiguous: {
    status: 409,
    says: 'The request was not sent: its id names one thing on legacy and another on the new backend.',
    do: 'Nothing has happened. `npx banyan journal` shows what only the new backend has; `npx banyan alarms` says why it cannot be given to legacy.',
  },
  shutting_down: {
    status: 503,
    says: 'The gateway is shutting down.',
    do: 'Send the request again; another instance takes it.',
  },
  relay_path_unknown: {
    status: 404,
    says: 'The relay has no such method.',
    do: 'Call POST /v1beta/models/NAME:generateContent or :streamGenerateContent.',
  },
  // The texts of the two refused keys are Gemini's own.
  relay_key_missing: {
    status: 403,
    says: "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    do: "Give the backend the relay's key as GEMINI_API_KEY.",
  },
  relay_key_invalid: {
    status: 400,
    says: 'API key not valid. Please pass a valid API key.',
    do: "Give the backend the relay's key as GEMINI_API_KEY, not the model's own.",
  },
  model_request_invalid: {
    status: 400,
    says: 'The request to the model is not valid: {reason}.',
    do: 'Correct what the backend sends.',
  },
  model_refused_request: {
    status: 400,
    says: 'The model refused the request: {reason}',
    do: "Look at the model's name, the length of the prompt and the generation settings.",
  },
  model_refused_key: {
    status: 403,
    says: "The model refused the relay's key.",
    do: 'Check GEMINI_API_KEY, or OPENAI_API_KEY where OPENAI_BASE_URL is set.',
  },
  model_not_found: {
    status: 404,
    says: 'The model was not found: {reason}',
    do: 'Check OPENAI_BASE_URL (it usually ends in /v1) and OPENAI_MODEL.',
  },
  model_exhausted: {
    status: 429,
    says: 'The model takes no more requests now: {reason}',
    do: 'Wait, or raise the quota.',
  },
  model_failed: {
    status: 500,
    says: 'The model failed: {reason}',
    do: "Look at the model's own status page or log.",
  },
  model_unavailable: {
    status: 503,
    says: 'The model is not available: {reason}',
    do: "Check that the model's address is right and that it runs.",
  },
  model_timeout: {
    status: 504,
    says: 'The model did not answer in time: {reason}',
    do: "Look at the model's load.",
  },
  model_call_untied: {
    status: 409,
    says: 'The model was not asked: this call may repeat a call that was paid already, and it fits no message under way.',
    do: '`npx banyan status` shows the alarm of the route. Correct its `relay` template in the route table to what the backend sends.',
  },
  recording_name: {
    status: 400,
    says: '"{name}" cannot be the name of a recording.',
    do: 'Use letters, digits, - and _, at most 64, the first a letter or digit.',
  },
  recording_exists: {
    status: 409,
    says: 'There is a recording named "{name}" already.',
    do: 'Take another name, or replace it with --force.',
  },
  recording_running: {
    status: 409,
    says: 'The recording "{name}" is under way.',
    do: 'Stop it first: `npx banyan record {name} --stop`.',
  },
  recording_other: {
    status: 409,
    says: 'The recording under way is "{running}", not "{name}".',
    do: 'Stop that one: `npx banyan record {running} --stop`.',
  },
  gateway_not_running: {
    status: 503,
    says: 'No gateway is running.',
    do: 'Start it with `npm start`, or set CONSOLE_HOST and CONSOLE_PORT to where its console is.',
  },
  suite_not_here: {
    status: 501,
    says: 'The contract suite is not part of this installation.',
    do: 'Run it in a clone of the repository; --legacy and --new name backends that run elsewhere.',
  },
  journal_needs_gateway: {
    status: 503,
    says: 'No gateway is running, and only a running one can read its journal.',
    do: 'Start it with `npm start`, or set CONSOLE_HOST and CONSOLE_PORT to where its console is.',
  },
  journal_off: {
    status: 409,
    says: 'There is no journal: state continuity is not on.',
    do: 'Start Banyan without CONTINUITY=off.',
  },
  sync_kind_unknown: {
    status: 400,
    says: 'The first sync has no kind "{kind}"; it has: {kinds}',
    do: 'Name one of these, as `banyan sync` lists them.',
  },
  conflict_none: {
    status: 404,
    says: 'There is no conflict about {key}.',
    do: '`npx banyan journal` lists the conflicts: what was written directly on legacy and cannot be adopted without a decision.',
  },
  conflict_busy: {
    status: 409,
    says: 'A write to {key} is under way, so nothing was decided.',
    do: 'Give the command again in a moment.',
  },
  conflict_behind: {
    status: 409,
    says: 'Writes to {key} that legacy has served were waiting behind the conflict, and are given to the new backend now.',
    do: 'Nothing was decided. Give the command again once `npx banyan journal` shows that nothing is to be given to the new backend any more.',
  },
  journal_entry: {
    status: 404,
    says: 'The journal has no entry {entry} {that}.',
    do: '`npx banyan journal` lists the writes that are stuck or in doubt.',
  },
  journal_answer_missing: {
    status: 400,
    says: 'What legacy has done for {route} is not known well enough to go on: {places} of its answer is missing.',
    do: "Nothing has changed. Look at what legacy shows, and write it as legacy's answer would: `--answer '{…}'`.",
  },
  recording_none: {
    status: 409,
    says: 'No recording is under way.',
    do: 'Start one: `npx banyan record NAME`.',
  },
  recording_failed: {
    status: 500,
    says: 'The recording "{name}" was given up: {reason}.',
    do: 'Remove the cause and record again; the traffic was not affected.',
  },
  flag_file_missing: {
    status: 409,
    says: 'There is no flag file {file}.',
    do: 'Write one with the line `routes: {}` (every route is then legacy), or name it with BANYAN_FLAGS.',
  },
  flag_file_faulty: {
    status: 409,
    says: 'The flag file {file} has a fault in line {line}, column {column}: {fault}',
    do: 'Correct it and try again. In a hurry: `npx banyan rollback` puts the last good text back first.',
  },
  flag_file_unwritable: {
    status: 500,
    says: 'The flag file {file} cannot be written: {reason}.',
    do: 'Nothing has changed, as no gateway runs. Give the command the right to write in its folder, or edit the file by hand.',
  },
  flag_file_contended: {
    status: 409,
    says: 'Somebody else keeps changing the flag file {file}.',
    do: 'No change of theirs was lost, and yours was not made. Try again when they are done.',
  },
  flag_file_too_odd: {
    status: 409,
    says: 'The flag file {file} is written in a way that a command cannot edit.',
    do: 'Nothing has changed. Edit it by hand.',
  },
  no_last_good: {
    status: 409,
    says: 'There is no earlier good text of the flag file {file} to put back.',
    do: 'Correct the file by hand; `npx banyan status` shows what is wrong.',
  },
  recording_import: {
    status: 400,
    says: '{file} cannot be imported: {reason}.',
    do: "Export it anew from the browser's network panel, with contents.",
  },
  redaction_faulty: {
    status: 500,
    says: '{file} cannot be used: {reason}.',
    do: 'Correct it: nothing is recorded while Banyan does not know what a secret is.',
  },
  no_evidence: {
    status: 409,
    says: '{route} is not flipped: {reason}',
    do: 'To flip it all the same: `npx banyan flip … --force --reason "why"`, which the audit log keeps.',
  },
  route_alarmed: {
    status: 409,
    says: '{route} is not flipped: {reason}',
    do: 'Nothing has changed. To flip it all the same, at the risk that the alarm describes: `npx banyan flip … --force --reason "why"`, which the audit log keeps.',
  },
  legacy_lacks_data: {
    status: 409,
    says: 'Nothing is flipped towards legacy: {reason}. Legacy was started again, or restored from a backup.',
    do: 'Nothing has changed: the new backend serves what legacy lacks, and nothing is written to legacy. Find out where its data is (`npx banyan status --watch` says more). Then decide: `npx banyan legacy give-back --reason "why"` gives legacy what it lacks, and `npx banyan legacy adopt --yes --reason "why"` lets its data stand. To flip all the same: `npx banyan rollback … --force --reason "why"`, which gives back too.',
  },
  legacy_lacks_none: {
    status: 409,
    says: 'Legacy lacks no data of {key}, so there is nothing to decide.',
    do: '`npx banyan legacy` lists what it lacks.',
  },
  alarm_none: {
    status: 404,
    says: 'There is no alarm on "{route}".',
    do: '`npx banyan alarms` lists all alarms.',
  },
  not_implemented: {
    status: 409,
    says: 'The new backend does not have {routes} yet.',
    do: 'Nothing has changed. Flip only routes that the new backend has.',
  },
  mode_refused: {
    status: 409,
    says: '{route} cannot be {mode}: {reason}',
    do: 'Nothing has changed.',
  },
  complete_unconfirmed: {
    status: 409,
    says: 'Nothing is completed without a person who says so and why: legacy is given nothing of {routes} any more then, and there is no way back.',
    do: 'Nothing has changed. `npx banyan flip … complete --dry-run` says what can no longer be undone; `--yes --reason "why"` does it, and the audit log keeps the reason.',
  },
  not_completable: {
    status: 409,
    says: 'Legacy cannot be taken away yet. {reason}',
    do: 'Nothing has changed. `npx banyan complete` says when it can.',
  },
  no_clean_diff: {
    status: 409,
    says: '{route} is not completed: {reason}',
    do: 'Run `npx banyan diff` and clear what it finds. To complete the route all the same, though clients may miss data that only legacy has: `npx banyan flip … complete --force --reason "why"`, which the audit log keeps.',
  },
  diff_running: {
    status: 409,
    says: 'A diff of the two backends is running already.',
    do: '`npx banyan diff` without --rate follows it; `npx banyan diff --cancel` ends it.',
  },
  diff_none: {
    status: 409,
    says: 'There is no diff to show.',
    do: 'Begin one with `npx banyan diff`; the gateway keeps the last one until it ends.',
  },
  diff_key: {
    status: 404,
    says: '"{key}" names nothing that both backends show.',
    do: 'Name an entity by its kind and its public id, as `npx banyan diff` lists them: chat:ID.',
  },
  new_backend_unready: {
    status: 503,
    says: 'The new backend cannot be opened: {reason}',
    do: 'The flags in force stay as they are. Once the cause is gone, flip again, or save the flag file again.',
  },
  unknown_target: {
    status: 404,
    says: '"{target}" is neither a route nor a phase{hint}',
    do: '`npx banyan status` lists them all.',
  },
  port_taken: {
    status: 500,
    says: 'Port {port}, meant for {what}, is taken{holder}.',
    do: 'Stop what holds it, or choose another one with {variable}=NUMBER.',
  },
  gateway_claimed: {
    status: 500,
    says: 'A gateway has the database already: process {pid} on {host}, since {since}, console {console}.',
    do: "One gateway at a time can have it. Use that gateway, or stop it, or give this one a database of its own with DATABASE_URL. If the other gateway's machine is lost for good, start this one with TAKE_OVER_FROM={holder}.",
  },
  data_in_use: {
    status: 500,
    says: 'Process {pid} already runs Banyan on the data in {folder}.',
    do: 'Stop that one, or give this one data of its own with BANYAN_DATA=FOLDER, and other ports.',
  },
  application_unusable: {
    status: 500,
    says: 'The application at {file} cannot be used: {reason}.',
    do: 'Correct the module, or the path that --application or BANYAN_APPLICATION has.',
  },
  port_refused: {
    status: 500,
    says: 'Port {port} on {host}, meant for {what}, cannot be opened ({reason}).',
    do: 'Choose another one with {variable}=NUMBER.',
  },
  python_missing: {
    status: 500,
    says: 'There is no Python 3.11 or later for the legacy app{seen}.',
    do: 'Install Python 3.11 with its venv module (Debian: apt-get install python3 python3-venv), or name one with PYTHON=PATH, or use a legacy app that runs elsewhere with LEGACY_URL.',
  },
  python_unusable: {
    status: 500,
    says: 'The Python that PYTHON names, {python}, cannot be used: {reason}.',
    do: 'Name one of version 3.11 or later that has the venv module, or unset PYTHON.',
  },
  download_failed: {
    status: 500,
    says: '{what} could not be downloaded: {reason}.',
    do: "Check the network, the proxy and pip's settings (`pip config list`), then run this again; the whole output is in {log}.",
  },
  setup_failed: {
    status: 500,
    says: '{what} could not be set up: {reason}.',
    do: 'Put that right, then run this again; the whole output is in {log}.',
  },
  browser_missing: {
    status: 500,
    says: 'There is no Chromium or Chrome for the browser tests.',
    do: 'Install one (Debian: apt-get install chromium; anywhere: npx playwright install chromium), or name one with CHROME_BIN=PATH.',
  },
  legacy_not_started: {
    status: 500,
    says: 'The legacy app did not start: {reason}.',
    do: 'Look at {log}.',
  },
  legacy_ended: {
    status: 500,
    says: 'The legacy app has ended by itself ({how}); its routes answer 502 from now on.',
    do: 'Look at {log}, then stop with Ctrl-C and start again. What it kept in memory, jobs and which documents a chat has, is lost.',
  },
  unknown_mode: {
    status: 400,
    says: '{reason}',
    do: '`npx banyan flip --help` shows how it is written.',
  },
  import_refused: {
    status: 409,
    says: '{reason}',
    do: '{advice}',
  },
  source_unreadable: {
    status: 500,
    says: 'The first sync cannot read what legacy has: {reason}',
    do: '{advice}',
  },
  import_stopped: {
    status: 409,
    says: 'Stopped.',
    do: 'What has come over is whole; the same command goes on where this one was.',
  },
  import_broken_off: {
    status: 502,
    says: 'The gateway broke off the import.',
    do: 'What has come over is whole. Look at the log of the gateway, then import again: it goes on where it was.',
  },
  console_token: {
    status: 401,
    says: 'The console wants its token, and this is not it.',
    do: 'Take it from `console-token` in the data folder of the gateway, or from its CONSOLE_TOKEN.',
  },
  console_origin: {
    status: 403,
    says: 'A page of another origin may not change anything here.',
    do: "Use the console's own pages, or send the token as `Authorization: Bearer`.",
  },
  console_host: {
    status: 403,
    says: '"{host}" is not a name of this console.',
    do: 'Use its address or `localhost`, or set CONSOLE_HOST to the name.',
  },
  console_silent: {
    status: 504,
    says: 'Something is at {url} and does not answer as a gateway does: {reason}.',
    do: 'Look at the gateway. In a hurry edit the flag file by hand: a running gateway follows it.',
  },
  console_foreign: {
    status: 502,
    says: 'What answers at {url} is not the console of a gateway.',
    do: 'Set CONSOLE_HOST and CONSOLE_PORT to where the console is.',
  },
  console_request: {
    status: 400,
    says: 'The request cannot be used: {reason}.',
    do: 'Correct it; nothing has changed.',
  },
  console_nothing_here: {
    status: 404,
    says: 'The console has nothing at {path}.',
    do: 'Start at `/`.',
  },
} satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/** A fault from the catalogue, with its details filled in. */
export class BanyanError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** What the reader should do. */
  readonly advice: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, details: Record<string, string | number> = {}, cause?: unknown) {
    super(fill(catalogue[code].says, details), cause === undefined ? undefined : { cause });
    this.name = 'BanyanError';
    this.code = code;
    this.status = catalogue[code].status;
    this.advice = fill(catalogue[code].do, details);
    this.details = details;
  }

  /**
   * The body of an answer: `{"error", "code", …details}`. `error` is a text, as in the application's own errors, so that
   * a frontend shows it as it shows those.
   */
  toBody(): Record<string, string | number> {
    return { error: this.message, code: this.code, ...this.details };
  }
}

/** Replaces `{name}` by the detail of that name. */
function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
