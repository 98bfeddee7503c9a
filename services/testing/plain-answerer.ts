/** Asks the model without looking anything up. */
import type { Answerer } from '../rag/answerer.ts';

export function plainAnswerer(model: { baseUrl: string; key: string }): Answerer {
  const url = `${model.baseUrl}/v1beta/models/gemini-2.0-flash-exp:generateContent`;
  return {
    async answer({ message, history }, signal) {
      const turn = (role: string, text: string | null) => ({ role, parts: [{ text }] });
      const contents = history.map(({ role, text }) => turn(role, text));
      contents.push(turn('user', `Please answer the following message: ${message}`));
      const headers = { 'content-type': 'application/json', 'x-goog-api-key': model.key };
      const body = JSON.stringify({ contents });
      const answer = await fetch(url, { method: 'POST', headers, body, signal });
      const { candidates } = (await answer.json()) as {
        candidates: [{ content: { parts: [{ text: string }] } }];
      };
      return { reply: candidates[0].content.parts[0].text, sources: [] };
    },
    close: async () => {},
  };
}
