/** Legacy asks the model in words that the route table does not describe. */
import { afterEach, expect, it } from 'vitest';
import { onFailpoint } from '../failpoints.ts';
import { onBothDatabases } from '../testing/both.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';

const LINES = 'POST /notes/:note_id/lines';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** A gateway whose legacy words its prompts as it likes. */
async function start(
  db: Parameters<typeof startRig>[0],
  prompts: (text: string) => string[] = (text) => [`You are kind.\nReply to: ${text}`],
  options: RigOptions = {},
) {
  const divergences: string[] = [];
  const rig = await startRig(db, {
    overRelay: true,
    holdFor: 100,
    onDivergence: (route) => divergences.push(route),
    ...options,
  });
  const note = await rig.make();
  await rig.even();
  rig.legacy.prompts = prompts;
  rig.legacy.apology = 'I encountered an error';
  const say = (text: unknown, to = note) => rig.ask('POST', `/notes/${to}/lines`, { text });
  return { rig, note, say, divergences };
}

const alarms = (rig: Rig) => rig.continuity.alarms.all().map(({ route, example }) => [route, example]);
const replyOf = ({ json }: { json: unknown }) => (json as { reply: string }).reply;

async function stuck(rig: Rig, count = 1) {
  for (;;) {
    const { pinned } = await rig.continuity.size();
    if (pinned.length >= count) return pinned;
    await rig.continuity.journal.lag.change(50);
  }
}

onBothDatabases((database) => {
  it.each([
    ['another wording', undefined, '"Reply to: {message}"'],
    ['a turn after the message', (text: string) => [`Answer: ${text}`, 'Be brief.'], 'without the message'],
    [
      'words after the message',
      (text: string) => [`Answer: ${text}\nBe\nbrief.`],
      '{message}" and 2 more lines',
    ],
  ])('sees %s at the first message, which the client gets as before', async (_, prompts, wording) => {
    const { rig, note, say, divergences } = await start(database.db, prompts);
    const answer = await say('What of walruses?');
    expect([answer.status, rig.paid.length]).toEqual([200, 1]);
    expect(alarms(rig)).toEqual([[LINES, expect.stringContaining(wording)]]);
    expect(JSON.stringify(rig.continuity.alarms.all())).not.toContain('walruses');
    await rig.even();
    expect(rig.new.linesOf(note)).toEqual(['What of walruses?', replyOf(answer)]);
    expect(rig.paid).toHaveLength(1);
    const compared = rig.shadow.tally.of(LINES);
    expect(compared).toMatchObject({ matched: 0, divergent: 0, notCompared: { 'untied model call': 1 } });
    expect((await rig.entries(LINES))[0]).toMatchObject({ verdict: 'unknown', mirror: 'applied' });
    expect([rig.continuity.alarms.against(LINES), divergences]).toEqual([
      expect.stringContaining('there is an alarm since'),
      [],
    ]);
  });

  it('gives legacy no message while the alarm stands: nothing is paid twice or stored wrong', async () => {
    const { rig, note, say, divergences } = await start(database.db);
    await say('What of walruses?');
    await rig.even();
    rig.flip('new');
    const before = rig.legacy.linesOf(note);
    await say('And of carpenters?');
    const [entry] = await stuck(rig);
    expect(entry).toMatchObject({ route: LINES, side: 'new' });
    expect(entry?.reason).toContain('words that the route table does not describe');
    expect([rig.paid.length, rig.legacy.linesOf(note), divergences]).toEqual([2, before, []]);
    await rig.continuity.mirror.retry(entry?.id ?? '');
    await stuck(rig);
    expect([rig.paid.length, rig.legacy.linesOf(note)]).toEqual([2, before]);
  });

  it('holds a replay’s call that it cannot tie, never pays it, and says that legacy may have stored an error', async () => {
    const { rig, note, say, divergences } = await start(database.db);
    rig.flip('new');
    const answer = await say('What of walruses?');
    const [entry] = await stuck(rig);
    expect(entry?.reason).toContain('the call was not paid');
    expect(rig.paid).toEqual(['Answer: What of walruses?']);
    expect(alarms(rig)).toEqual([[LINES, expect.stringContaining('"Reply to: {message}"')]]);
    expect([rig.continuity.alarms.all()[0]?.count, divergences]).toEqual([1, []]);
    // The client keeps what it has seen, as the note stays with the new backend, and legacy is not asked again.
    rig.flip('legacy');
    expect((await rig.ask('GET', `/notes/${note}/lines`)).json).toMatchObject({
      lines: [{ text: 'What of walruses?' }, { text: replyOf(answer) }],
    });
    await rig.continuity.mirror.retry(entry?.id ?? '');
    await stuck(rig);
    expect([rig.paid.length, rig.legacy.linesOf(note).length]).toEqual([1, 2]);
  });

  it('serves clients of legacy whose calls it cannot tie, also while it holds a replay’s', async () => {
    const { rig, note, say } = await start(database.db, undefined, { holdFor: 2000 });
    const other = await rig.make();
    await rig.even();
    rig.flip('new');
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(
      onFailpoint('sending', () => promise),
      resolve,
    );
    await say('What of walruses?', other);
    rig.flip('legacy');
    resolve();
    while (alarms(rig).length === 0) await rig.continuity.journal.lag.change(20);
    const answers = await Promise.all([
      say('And of carpenters?'),
      say('And of carpenters?'),
      say('And of oysters?'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(rig.paid).toHaveLength(4);
    expect(new Set(answers.map(replyOf)).size).toBe(3);
    expect(rig.legacy.linesOf(note)).toHaveLength(6);
    await stuck(rig);
    expect(rig.paid).toHaveLength(4);
  });

  it('raises nothing for a message that is no text, which a client made so', async () => {
    const { rig, say } = await start(database.db, (text) => [`Answer: ${text}`]);
    rig.legacy.handle = (
      (handle) => (asked) =>
        handle({ ...asked, body: asked.body.replace('17', '"17"') })
    )(rig.legacy.handle);
    expect((await say(17)).status).toBe(200);
    expect(alarms(rig)).toEqual([]);
  });
});
