/**
 * Odd requests, byte by byte over a bare socket: what no HTTP library would send, and what the gateway keeps from the new
 * backend today. Sequences of ordinary ones, with uploads, are `fuzz/`'s.
 */
import { join } from 'node:path';
import { comparable } from '@banyan/gateway/test/support/compare.ts';
import { type Chance, chance } from '@banyan/gateway/test/support/random.ts';
import { ask } from '@banyan/operations/testing/client.ts';
import { type OddRequest, oddRequest, type Side } from '@banyan/suite/testing/odd-requests.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatbotTable } from '../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from './fresh/backends.ts';
import { setUp } from './setup.ts';

const root = join(import.meta.dirname, '..');

let backends: ChatbotBackends;
beforeAll(async () => {
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
});
afterAll(() => backends.close());

/** Both sides, and what they have made: the same things under different ids. */
async function sides(): Promise<[Side, Side]> {
  const side = ({ url }: { url: string }): Side => ({ port: Number(new URL(url).port), chats: [], jobs: [] });
  const [legacy, ours] = await Promise.all([backends.startLegacy(), backends.startNew()]);
  return [side(legacy), side(ours)];
}

async function answerOf(side: Side, { about, method, bytes }: OddRequest) {
  const answer = comparable(await ask(side.port, bytes(side), { method }));
  const made = /"(?:id|job_id)": "([0-9a-f-]{36})"/.exec(answer.body)?.[1];
  if (answer.line.includes(' 201 ') && made) side.chats.push(made);
  if (answer.line.includes(' 202 ') && made) side.jobs.push(made);
  // How far an upload is, is nobody's business here.
  if (about.endsWith('/docs') && side.jobs.length > 0) return { line: answer.line };
  return { ...answer, body: neutral(answer.body, side) };
}

/** What each side makes up for itself, by the order in which it was made; the rest as it is. */
function neutral(body: string, { chats, jobs }: Side): string {
  return body
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, '<time>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      const [chat, job] = [chats.indexOf(id), jobs.indexOf(id)];
      return chat >= 0 ? `<chat ${chat}>` : job >= 0 ? `<job ${job}>` : '<id>';
    });
}

async function inStep(random: Chance, count: number, seed: number): Promise<Map<string, number>> {
  const both = await sides();
  const seen = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const request = oddRequest(random, both[0]);
    const [legacy, ours] = await Promise.all(both.map((side) => answerOf(side, request)));
    expect(ours, `seed ${seed}, request ${i}: ${request.bytes(both[1]).slice(0, 600)}`).toEqual(legacy);
    const kind = `${request.about} ${legacy?.line.split(' ')[1]}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  return seen;
}

test('requests in any order, dull and odd, are answered alike', { timeout: 240_000 }, async () => {
  const seed = Number(process.env.SEED ?? 20261125);
  const count = Number(process.env.REQUESTS ?? 300);
  const seen = await inStep(chance(seed), count, seed);
  // They were worth asking: so many kinds of answers came out.
  expect(seen.size).toBeGreaterThan(30);
});
