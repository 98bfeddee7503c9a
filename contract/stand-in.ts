/** How the stand-in for a model reads this application's prompts, and what it says in their terms. */

interface ContextBlock {
  /** N of its heading. */
  source: number;
  text: string;
}

const heading = /^\[Source (\d+): .*\]\s*$/;
const questionLine = /^\s*(?:user(?:'s)? )?question\s*:/i;
const rulesLine = /^\s*(?:rules|instructions|answer)\s*:\s*$/i;

/**
 * Finds context and question in a prompt: blocks headed `[Source N: <source> - Page P]`, then a line that begins with
 * `Question:`, then rules. Whatever else a prompt says is left alone. Blocks are empty where the prompt has no context.
 */
export function readPrompt(prompt: string): { blocks: ContextBlock[]; question: string } {
  const lines = prompt.split(/\r\n|\n/);
  const firstHeading = lines.findIndex((line) => heading.test(line));
  if (firstHeading < 0) return { blocks: [], question: prompt };
  // The first question line ends the context: what comes after it is the person's own, headings that they quote too.
  const found = lines.findIndex((line, at) => at > firstHeading && questionLine.test(line));
  const questionAt = found < 0 ? lines.length : found;
  const rulesFound = lines.findLastIndex((line) => rulesLine.test(line));
  const rulesAt = rulesFound > questionAt ? rulesFound : lines.length;
  const question = lines.slice(questionAt, rulesAt).join('\n').replace(questionLine, '').trim();
  return { blocks: readBlocks(lines.slice(firstHeading, questionAt)), question };
}

function readBlocks(lines: string[]): ContextBlock[] {
  const blocks: ContextBlock[] = [];
  for (const line of lines) {
    const source = heading.exec(line)?.[1];
    const last = blocks.at(-1);
    if (source) blocks.push({ source: Number(source), text: '' });
    else if (last) last.text += `${line}\n`;
  }
  return blocks;
}

/** What the relay's stand-in is told of the chatbot. */
export const chatbotVoice = {
  read: readPrompt,
  withoutContext: [
    'No language model is configured, and there is no document text here to quote from. ',
    'Upload a PDF to this chat and ask about what it says.',
  ],
  withoutFit: [
    'No language model is configured, and no sentence of the documents fits this question. ',
    'Ask with words that the documents use.',
  ],
  fitting: 'No language model is configured; these sentences of the documents fit the question best:',
  quote: (text: string, source: number) => `${text} [Source ${source}]`,
};
