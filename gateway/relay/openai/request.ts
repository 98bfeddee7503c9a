/** Gemini's request as a chat completion's. */
import { BanyanError } from '../../errors.ts';
import { type Content, type GenerateContentRequest, textOf } from '../gemini-format/types.ts';

interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Generation settings that both sides have, by Gemini's name. The others (topK, safety settings) have no counterpart. */
const settingNames: Record<string, string> = {
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_tokens',
  stopSequences: 'stop',
  candidateCount: 'n',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
};

/** @throws BanyanError `model_request_invalid` where a part is not text. */
export function chatRequest(
  request: GenerateContentRequest,
  model: string,
  streamed: boolean,
): Record<string, unknown> {
  const messages: ChatMessage[] = request.contents.map((content) => ({
    role: content.role === 'model' ? 'assistant' : 'user',
    content: onlyText(content),
  }));
  if (request.systemInstruction)
    messages.unshift({ role: 'system', content: onlyText(request.systemInstruction) });
  const chat: Record<string, unknown> = { model, messages };
  for (const [name, value] of Object.entries(request.generationConfig ?? {})) {
    const theirs = settingNames[name];
    if (theirs && value !== null) chat[theirs] = value;
    if (name === 'responseMimeType' && value === 'application/json')
      chat.response_format = { type: 'json_object' };
  }
  if (streamed) Object.assign(chat, { stream: true, stream_options: { include_usage: true } });
  return chat;
}

function onlyText(content: Content): string {
  const text = textOf(content);
  if (text === undefined)
    throw new BanyanError('model_request_invalid', { reason: 'this model takes parts of text alone' });
  return text;
}
