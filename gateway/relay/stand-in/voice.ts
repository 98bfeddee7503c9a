/** What an application tells the stand-in of its prompts, and of what to say. */

export interface ContextBlock {
  /** What a quotation names it by. */
  source: number;
  text: string;
}

export interface StandInVoice {
  /** Finds in a prompt what can be quoted, and what is asked. */
  read(prompt: string): { blocks: ContextBlock[]; question: string };
  /** The reply where there is nothing to quote, in the pieces in which it is streamed. */
  withoutContext: readonly string[];
  /** The same where nothing fits the question. */
  withoutFit: readonly string[];
  /** What stands before quotations. */
  fitting: string;
  quote(text: string, source: number): string;
}

/** For applications that say nothing of their prompts: nothing of them is quoted. */
export const plainVoice: StandInVoice = {
  read: (question) => ({ blocks: [], question }),
  withoutContext: ['No language model is configured.'],
  withoutFit: ['No language model is configured.'],
  fitting: 'No language model is configured; these sentences fit the question best:',
  quote: (text) => text,
};
