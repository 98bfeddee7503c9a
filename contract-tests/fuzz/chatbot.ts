/** What the generator has to know of the chatbot beyond its route table. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nastyText } from '@banyan/suite/fuzz/draw/text.ts';
import type { Grammar, UploadedFile } from '@banyan/suite/fuzz/grammar.ts';
import fc from 'fast-check';

const corpus = join(import.meta.dirname, '../../services/ingestion/corpus/documents');
/** Short ones, of every kind that is read another way: a document costs both backends more than any other request. */
const documents = [
  'plain',
  'tables-ruled',
  'tables-odd',
  'cjk',
  'ligatures',
  'right-to-left',
  'rotated',
  'forms',
  'encrypted',
  'password',
  'damaged',
  'cut',
  'not-a-pdf-html',
  'not-a-pdf-nothing',
].map((name) => readFileSync(join(corpus, `${name}.pdf`)));

/** Few, so that they come again: duplicates, and deletes of what is there. */
const names = [
  'walrus.pdf',
  'Report 2026 (final).PDF',
  'naïve "quoted" file.pdf',
  '日本語 😀.pdf',
  'a/b/../c.pdf',
  'back\\slash.pdf',
  '<b>markup</b> & 100%.pdf',
  ' spaces .pdf ',
  '.pdf',
  'walrus.pdf.exe',
  'walrus',
  'İ.pdf',
  'nul\0byte.pdf',
  `${'long '.repeat(78)}.pdf`,
];

const contents = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...documents) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(Buffer.from('no PDF'), Buffer.alloc(0), Buffer.from('%PDF-1.4\n%%EOF')),
  },
);
const files: fc.Arbitrary<UploadedFile> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names.slice(0, 2)) },
    { weight: 3, arbitrary: fc.constantFrom(...names) },
  ),
  content: contents,
});

/** Questions that the documents answer, and that they do not. */
const questions = fc.constantFrom(
  'Where does the walrus live?',
  'What does the table say?',
  '日本語で答えてください',
  'hi',
  'walrus '.repeat(400),
);
const messages = fc.oneof({ weight: 3, arbitrary: questions }, { weight: 2, arbitrary: nastyText });

export const chatbot: Grammar = {
  weights: {
    'POST /api/chats': 5,
    'GET /api/chats': 2,
    'DELETE /api/chats/:chat_id': 2,
    'PUT /api/chats/:chat_id/rename': 6,
    'POST /api/chats/:chat_id/messages': 6,
    'POST /api/chats/:chat_id/upload-pdf': 3,
    'GET /api/chats/:chat_id': 2,
  },
  parameters: {
    name: fc
      .oneof(
        { weight: 4, arbitrary: fc.constantFrom(...names.slice(0, 2)) },
        { weight: 3, arbitrary: fc.constantFrom(...names) },
      )
      .map((name) => encodeURIComponent(name)),
  },
  fields: { 'POST /api/chats/:chat_id/messages': { message: messages } },
  files,
  // The development server's debugger, which the gateway answers with a 404 itself; bytes that Node's parser refuses; and messages
  // to ids with a null, of which legacy loses each: the gateway knows no route of theirs, so their prompts belong to no request.
  leaveOut: /^\/console|[?&]__debugger__|[^!-~]|%00[^/]*\/messages/,
  leaveOutBody: hasLoneSurrogateTitle,
};

/** From then on legacy answers every write with 500: an accepted divergence that leaves the ids of later chats unknown. */
function hasLoneSurrogateTitle(value: unknown): boolean {
  const { title } = (value ?? {}) as { title?: unknown };
  return typeof title === 'string' && !title.isWellFormed();
}
