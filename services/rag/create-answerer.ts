/** The chain from a question to an answer: retrieve, prompt, model, parse. */

import { traced } from '@banyan/operations/tracing/spans.ts';
import { RunnableLambda, RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import type { Answer, Answerer, Question } from './answerer.ts';
import type { RagParts } from './configuration.ts';
import type { Found } from './found.ts';
import { toMessages, toReply } from './messages.ts';
import { buildPrompt } from './prompt.ts';
import { retrieve } from './retrieve.ts';
import { buildSources } from './sources.ts';

/** What went wrong behind an answer that was given all the same; for the log. */
export type AnswerFault = { stage: 'retrieval' | 'model'; error: unknown };

export interface AnswererOptions extends Pick<RagParts, 'store' | 'chatModel' | 'callOptions'> {
  /** The quirk `source-name-sanitised`: `sources[].source` is not the listed name. */
  sanitisedNames?: boolean;
  onFault?: (fault: AnswerFault) => void;
}

type Step<T> = { question: Question } & T;

/** The parts are the caller's, who closes them. */
export function createAnswerer(options: AnswererOptions): Answerer {
  const { store, chatModel, callOptions, sanitisedNames = true, onFault = () => {} } = options;

  const found = RunnableLambda.from(async ({ question }: Step<unknown>): Promise<Found[]> => {
    try {
      return await traced('retrieve', {}, () => retrieve(store, question.chatId, question.message));
    } catch (error) {
      onFault({ stage: 'retrieval', error });
      return [];
    }
  });

  const prompt = RunnableLambda.from(({ question, found: context }: Step<{ found: Found[] }>) =>
    toMessages(question.history, buildPrompt(question.message, context)),
  );
  const reply = RunnableLambda.from(async (step: Step<{ found: Found[] }>, config) => {
    try {
      const ask = RunnableSequence.from([prompt, await chatModel(), RunnableLambda.from(toReply)]);
      return await ask.invoke(step, { ...config, ...callOptions?.(step.question) });
    } catch (error) {
      config.signal?.throwIfAborted();
      onFault({ stage: 'model', error });
      return `I encountered an error: ${error instanceof Error ? error.message : String(error)}`;
    }
  });

  const sources = RunnableLambda.from(async ({ found: shown }: Step<{ found: Found[] }>) =>
    buildSources(sanitisedNames ? shown : await withListedNames(store, shown)),
  );

  const chain = RunnableSequence.from<{ question: Question }, Answer>([
    RunnablePassthrough.assign({ found }),
    RunnablePassthrough.assign({ reply, sources }),
    RunnableLambda.from(({ reply: text, sources: shown }: Answer) => ({ reply: text, sources: shown })),
  ]);

  return {
    async answer(question, signal) {
      try {
        return await chain.invoke({ question }, { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    },
    close: async () => {},
  };
}

async function withListedNames(store: RagParts['store'], found: readonly Found[]): Promise<Found[]> {
  const names = await store.listedNames(found.map(({ metadata }) => metadata.doc_id ?? ''));
  return found.map((each) => {
    const source = names.get(each.metadata.doc_id ?? '');
    return source === undefined ? each : { ...each, metadata: { ...each.metadata, source } };
  });
}
