/** The parameters of a route's path, and the path with values in their place. */

/** Their names, in order: `chat_id` of `/api/chats/:chat_id`. */
export const parametersOf = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);

/** A raw path: each value percent-encoded; a parameter without a value is empty. */
export const filledPath = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
