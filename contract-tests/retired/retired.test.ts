/** What retired quirks change, on the real new backend: what the recordings have of it is expected, exactly that, and only then. */

import { join } from 'node:path';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Answer } from '@banyan/compare/answer.ts';
import {
  type RecordedExchange,
  type Recording,
  readRecording,
} from '@banyan/gateway/record/read-recording.ts';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { against, expectationsOf } from '@banyan/suite/against.ts';
import type { Compared } from '@banyan/suite/compared.ts';
import { startSeenRelay } from '@banyan/suite/fresh/seen-relay.ts';
import { Pairing } from '@banyan/suite/pairing.ts';
import type { Replayed } from '@banyan/suite/replay/replay.ts';
import { textOf, withText } from '@banyan/suite/retired/edit.ts';
import type { SuiteOptions } from '@banyan/suite/suite-options.ts';
import { beforeAll, expect, it } from 'vitest';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { chatbotTable } from '../../services/chatbot-table.ts';
import type { QuirkName } from '../../services/quirks.ts';
import { startFreshNew } from '../fresh/new-backend.ts';
import { setUp } from '../setup.ts';
import { chatbotChanges } from './chatbot/index.ts';

const root = join(import.meta.dirname, '../..');
let embeddingModel: string;
let rules: AcceptedRule[];

beforeAll(async () => {
  ({ embeddingModel } = await setUp());
  rules = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
});

/** What a backend without the quirk answers to a recording. */
async function replayed(recording: Recording, quirk: QuirkName): Promise<Replayed[]> {
  const relay = await startSeenRelay({ standIn: chatbotVoice });
  const model = { baseUrl: relay.url, key: relay.key };
  const backend = await startFreshNew({ table: chatbotTable, embeddingModel, retired: [quirk], model });
  const suite = suiteOf([quirk]);
  const expectations = expectationsOf(suite, recording);
  const seen: Replayed[] = [];
  try {
    const isAsked = ({ index }: { index: number }) => expectations?.isAsked(index) ?? true;
    await against(suite, recording, backend, isAsked, (each) => void seen.push(each));
  } finally {
    await backend.close();
    await relay.close();
  }
  return seen;
}

function suiteOf(retired: readonly QuirkName[]): SuiteOptions {
  const unused = () => Promise.reject(new Error('nothing else is started'));
  return {
    table: chatbotTable,
    recordings: [],
    rules,
    retired,
    changes: chatbotChanges,
    today: '2026-01-31',
    startLegacy: unused,
    startNew: unused,
  };
}

/** @param edit of the backend's answers. @returns comparisons with the recorded answers, which stand for legacy's */
function compared(recording: Recording, seen: readonly Replayed[], told: QuirkName[], edit = asTheyAre) {
  const found: Compared[] = [];
  const asked = new Set(seen.map(({ step }) => step.exchange.index));
  const isAsked = ({ index }: { index: number }) => asked.has(index);
  const pairing = new Pairing(suiteOf(told), recording, isAsked, (each) => void found.push(each));
  for (const each of seen) {
    const { exchange } = each.step;
    const left = { ...each, request: exchange, answer: exchange.answer, moment: exchange.index };
    pairing.legacy({ ...left, calls: undefined, window: undefined });
    pairing.ours({ ...each, answer: edit(each.answer, exchange), calls: undefined, window: undefined });
  }
  return found.filter(({ pair }) => pair === 'legacy-new');
}

type Edit = (answer: Answer, asked: RecordedExchange) => Answer;
const asTheyAre: Edit = (answer) => answer;

const divergent = (found: readonly Compared[]) =>
  found.flatMap(({ index, judgement }) =>
    judgement.differences.map(({ place }) => `#${index + 1} ${place.replace(/\d/g, 'N')}`),
  );

const usedRules = (found: readonly Compared[], quirk: QuirkName) => {
  const names = new Set(found.flatMap(({ judgement }) => judgement.accepted.map(({ rule }) => rule)));
  return rules.filter((rule) => rule.quirk === quirk && names.has(rule.name)).map(({ name }) => name);
};

function on(request: RegExp, edit: (text: string) => string): Edit {
  return (answer, { method, target }) =>
    request.test(`${method} ${target}`) ? withText(answer, edit(textOf(answer))) : answer;
}

/** What shows the quirk, another difference in one of the same answers, and where that is seen. */
const cases: [quirk: QuirkName, recording: string, edit: Edit, place: RegExp][] = [
  [
    'deleted-pdf-still-retrieved',
    'chat-page-documents',
    on(/^POST .*messages$/, (text) => text.replace(/"Garden report\.pdf"(?![\s\S]*"Garden)/, '"garden.pdf"')),
    /^#\d+ body \$\.sources\[N\]\.source$/,
  ],
  [
    'deleted-chat-lingers',
    'deleted-chats',
    on(/^POST .*messages$/, (text) => text.replace('Chat not found', 'Chat was not found')),
    /^#\d+ body \$\.error$/,
  ],
  [
    'limits-count-finished-only',
    'concurrent-use',
    on(/^GET .*docs$/, (text) => text.replace('"the same.pdf"', '"The same.pdf"')),
    /^#\d+ body \$\.(?:pdfs|processing)\[N\]\.name$/,
  ],
];

it.each(cases)(
  '%s, retired, is expected in %s: exactly that, only where the suite is told, and then it has to be there',
  async (quirk, name, edit, place) => {
    const recording = await readRecording(join(root, `contract-tests/recordings/${name}.har`));
    const seen = await replayed(recording, quirk);
    const expected = compared(recording, seen, [quirk]);
    expect(divergent(expected)).toEqual([]);
    const all = rules.filter((rule) => rule.quirk === quirk && !rule.dependsOnTiming);
    expect(usedRules(expected, quirk)).toEqual(expect.arrayContaining(all.map((rule) => rule.name)));

    const edited = divergent(compared(recording, seen, [quirk], edit));
    expect(edited).not.toEqual([]);
    expect(edited.filter((each) => !place.test(each))).toEqual([]);

    expect(divergent(compared(recording, seen, []))).not.toEqual([]);
    const asLegacy = seen.map((each) => ({ ...each, answer: each.step.exchange.answer }));
    expect(divergent(compared(recording, asLegacy, [quirk]))).not.toEqual([]);
    expect(divergent(compared(recording, asLegacy, []))).toEqual([]);
  },
  120_000,
);
