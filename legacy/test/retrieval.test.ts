import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { addPdf, messages, newChat, say } from './support/client.ts';
import { fails } from './support/fake-gemini.ts';
import { pdf } from './support/pdf.ts';
import { promptWithContext, promptWithoutContext } from './support/prompts.ts';
import type { Source } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

async function chatWith(name: string, content: Buffer): Promise<string> {
  const { id } = await newChat(app);
  await addPdf(app, id, name, content);
  return id;
}
const textsOf = (sources: Source[]) => sources.map(({ full_content }) => full_content);
const filler = (topic: string, count: number) =>
  Array.from({ length: count }, (_, i) => topic.split(' ')[i % topic.split(' ').length]).join(' ');

const animals = [
  'Cats sleep for most of the day and purr when they are content.',
  'Dogs are loyal and bark when a stranger comes to the door.',
  'Sourdough bread is baked from flour, water, salt and wild yeast.',
  'The central bank raised its interest rate by half a percent.',
];

describe('sources', () => {
  it('have a number, where they are from, and the text', async () => {
    const text = `${filler('a long page about whales and the deep blue sea', 300)}.`;
    const id = await chatWith('whales.pdf', pdf('Nothing to see.', text));
    const { sources } = await say(app, id, 'whales in the sea');
    expect(sources[0]).toEqual({
      id: 1,
      source: 'whales.pdf',
      location: 'Page 2',
      doc_type: 'pdf',
      content_type: 'text',
      content: text.slice(0, 800),
      full_content: text,
      page: '2',
    });
    expect(text.length).toBeGreaterThan(800);
    expect(sources.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('cut their content after 800 characters, an astral character being one', async () => {
    // 𝒳 is a letter beyond the basic plane: two UTF-16 units, one character.
    const text = Array.from({ length: 100 }, () => '𝒳'.repeat(9)).join(' ');
    const id = await chatWith('a.pdf', pdf(text));
    const [source] = (await say(app, id, 'x')).sources;
    expect(source?.full_content).toBe(text);
    expect(source?.content).toBe([...text].slice(0, 800).join(''));
  });

  it.each([
    ['plain.pdf', 'plain.pdf'],
    ['we!rd (näme) [1] & co.pdf', 'we_rd _näme_ _1_ _ co.pdf'],
    ['dir/sub-dir/a_b, c.pdf', 'dir/sub-dir/a_b, c.pdf'],
    ['C:\\docs\\a.pdf', 'C__docs_a.pdf'],
    ["<b>it's</b>.pdf", '_b_it_s_/b_.pdf'],
    ['資料😀é.pdf', '資料_é.pdf'],
    ['e\u0301\u200b\u00a0x.pdf', 'e__\u00a0x.pdf'],
  ])('of %s say they are from %s', async (name, source) => {
    const id = await chatWith(name, pdf('One page.'));
    expect((await say(app, id, 'page')).sources.map((each) => each.source)).toEqual([source]);
  });

  it('name a file without the spaces at its ends', async () => {
    const { id } = await newChat(app);
    const answer = await app.send('POST', `/api/chats/${id}/upload-pdf`, {
      headers: [['Content-Type', 'multipart/form-data; boundary=b']],
      body: Buffer.concat([
        Buffer.from('--b\r\nContent-Disposition: form-data; name="pdf"; filename="  a.pdf"\r\n\r\n'),
        pdf('One page.'),
        Buffer.from('\r\n--b--\r\n'),
      ]),
    });
    expect(answer.status).toBe(202);
    await expect
      .poll(async () => (await say(app, id, 'page')).sources.map(({ source }) => source))
      .toEqual(['a.pdf']);
  });

  it('are never stored: the next answer has its own', async () => {
    const id = await chatWith('a.pdf', pdf(...animals));
    await say(app, id, 'cats');
    for (const message of await messages(app, id)) expect(Object.keys(message)).not.toContain('sources');
  });
});

describe('the prompt with context', () => {
  it('has an instruction, the context, the question and the rules', async () => {
    const id = await chatWith('my notes!.pdf', pdf(...animals.slice(0, 2)));
    const { sources } = await say(app, id, '  Do cats sleep?\n');
    expect(textsOf(sources)).toEqual(animals.slice(0, 2));
    expect(app.gemini.lastPrompt()).toBe(
      promptWithContext('Do cats sleep?', [
        { heading: '[Source 1: my notes_.pdf - Page 1]', text: animals[0] ?? '' },
        { heading: '[Source 2: my notes_.pdf - Page 2]', text: animals[1] ?? '' },
      ]),
    );
  });

  it('heads a table with its page and that it is one', async () => {
    const table = [
      ['Planet', 'Moons'],
      ['Mars', '2'],
    ];
    const id = await chatWith('planets.pdf', pdf('An unrelated page on tax law.', { tables: [table] }));
    const { sources } = await say(app, id, 'Table of planets with headers Planet and Moons');
    const at = sources.find(({ content_type }) => content_type === 'table');
    expect(at?.location).toBe('Page 2, Table');
    expect(app.gemini.lastPrompt()).toContain(
      `[Source ${at?.id}: planets.pdf - Page 2, Table]\nTable 1 on page 2: Headers: Planet   Moons Mars   2`,
    );
  });

  it('carries whole chunks, not the 800 characters of the answer', async () => {
    const text = filler('the history of bridges in the northern valley', 900);
    const id = await chatWith('a.pdf', pdf(text));
    await say(app, id, 'bridges');
    expect(app.gemini.lastPrompt()).toBe(
      promptWithContext('bridges', [{ heading: '[Source 1: a.pdf - Page 1]', text }]),
    );
  });

  it('is sent once: later turns carry the bare message', async () => {
    const id = await chatWith('a.pdf', pdf(...animals));
    await say(app, id, 'cats');
    await say(app, id, 'dogs');
    const contents = app.gemini.calls.at(-1)?.body.contents ?? [];
    expect(contents.slice(0, -1)).toEqual([
      { role: 'user', parts: [{ text: 'cats' }] },
      { role: 'model', parts: [{ text: 'An answer.' }] },
    ]);
  });

  it('is not there in a chat without PDFs', async () => {
    const { id } = await newChat(app);
    expect((await say(app, id, 'cats')).sources).toEqual([]);
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('cats'));
  });

  it('comes with sources also when the model fails', async () => {
    const id = await chatWith('a.pdf', pdf(...animals));
    app.gemini.willAnswer(fails(503, {}));
    const { reply, sources } = await say(app, id, 'cats');
    expect(reply).toMatch(/^I encountered an error: /);
    expect(sources).toHaveLength(4);
  });
});

describe('retrieval', () => {
  it('puts the most similar first', async () => {
    const id = await chatWith('a.pdf', pdf(...animals));
    const bests = [
      ['What does my kitten do all day?', 0],
      ['Which animal guards the house?', 1],
      ['How do I make a loaf?', 2],
      ['What happened to borrowing costs?', 3],
    ] as const;
    for (const [question, best] of bests)
      expect((await say(app, id, question)).sources[0]?.full_content).toBe(animals[best]);
  });

  it('orders by the vectors of all-MiniLM-L6-v2', async () => {
    const sentences = [
      'A man is eating food.',
      'A man is eating a piece of bread.',
      'The girl is carrying a baby.',
      'A man is riding a horse.',
      'A woman is playing violin.',
      'Two men pushed carts through the woods.',
      'A monkey is playing drums.',
    ];
    const id = await chatWith('a.pdf', pdf(...sentences));
    expect(textsOf((await say(app, id, 'A man is eating pasta.')).sources)).toEqual(golden);
  });

  it('has no threshold: what has nothing to do with the question is there too', async () => {
    const id = await chatWith('a.pdf', pdf(...animals));
    const { sources } = await say(app, id, 'xylophone');
    expect(textsOf(sources).sort()).toEqual([...animals].sort());
  });

  it('finds at most 15 chunks', async () => {
    const pages = Array.from({ length: 20 }, (_, i) => `Chapter ${i} is about the year ${1900 + i * 5}.`);
    const id = await chatWith('a.pdf', pdf(...pages));
    expect((await say(app, id, 'chapter')).sources).toHaveLength(15);
  });

  it('shows chunks with the same first 100 characters once, without looking for more', async () => {
    const start = filler('this company letterhead is the same on every page', 30);
    expect(start.length).toBeGreaterThan(100);
    const alike = Array.from({ length: 10 }, (_, i) => `${start} invoice number ${i}`);
    const others = Array.from({ length: 10 }, (_, i) => `Entirely other page ${i} about gardening.`);
    const id = await chatWith('a.pdf', pdf(...alike, ...others));
    const { sources } = await say(app, id, start);
    // The ten alike are the nearest: one of them and the five others that the 15 leave room for.
    expect(sources).toHaveLength(6);
    expect(sources.filter(({ full_content }) => full_content.startsWith(start))).toHaveLength(1);
    expect(sources.map((source) => source.id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('tells apart what differs at the 100th character, and not what differs at the 101st', async () => {
    const start = filler('abcdefghi', 10).slice(0, 99);
    expect(start).toHaveLength(99);
    const id = await chatWith('a.pdf', pdf(`${start}x tail`, `${start}y1 tail`, `${start}y2 tail`));
    expect((await say(app, id, 'tail')).sources).toHaveLength(2);
  });

  it('looks into all PDFs of the chat and into no other chat', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', pdf(animals[0] ?? ''));
    await addPdf(app, id, 'dogs.pdf', pdf(animals[1] ?? ''));
    await chatWith('bread.pdf', pdf(animals[2] ?? ''));
    const { sources } = await say(app, id, 'dogs');
    expect(sources.map(({ source }) => source)).toEqual(['dogs.pdf', 'cats.pdf']);
  });

  it('reads the first 256 tokens of a chunk, no fewer and no more', async () => {
    const volcano = 'volcano lava eruption crater magma ash';
    // What fits lies behind 128 tokens in the one, which 128 would miss, and behind 256 in the other, which 512 would find.
    const seen = `${filler('paper cup table shelf door', 140)} ${filler(volcano, 300)}`;
    const late = `${filler('window chair lamp carpet spoon', 260)} ${filler(volcano, 600)}`;
    const faint = `A mountain path. ${filler('garden road bridge hill tree', 400)}`;
    const id = await chatWith('a.pdf', pdf(faint, late, seen));
    const order = textsOf((await say(app, id, 'volcano eruption')).sources).map((text) =>
      text === seen ? 'seen' : text === late ? 'late' : 'faint',
    );
    expect(order).toEqual(['seen', 'late', 'faint']);
  });
});

/** Nearest first. */
const golden = [
  'A man is eating food.',
  'A man is eating a piece of bread.',
  'A man is riding a horse.',
  'A monkey is playing drums.',
  'A woman is playing violin.',
  'Two men pushed carts through the woods.',
  'The girl is carrying a baby.',
];
