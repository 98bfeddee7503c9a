/** How the legacy app reads what it is sent, where that is not plain JSON and plain paths. */

export interface LegacyDialect {
  /** A text of a request as the backends take it: without what they strip from its ends. */
  trim(text: string): string;
  /** A request's JSON body as the backends read it; undefined where they refuse it. Never throws. */
  parse(body: Uint8Array): unknown;
  /**
   * The route that legacy finds for a target whose path is not canonical, such as `/api%2Fchats`; undefined: none.
   * @param target path and query as sent
   * @param host of the request; empty where it has none
   */
  spelled?(method: string, target: string, host: string): Spelled | undefined;
}

export interface Spelled {
  /** The route's pattern. */
  path: string;
  /** Decoded. */
  params: Readonly<Record<string, string>>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** JSON and white space as JavaScript has them, and no path but a route's own: for tables that say nothing. */
export const plainDialect: LegacyDialect = {
  trim: (text) => text.trim(),
  parse(body) {
    try {
      return JSON.parse(utf8.decode(body));
    } catch {
      return undefined;
    }
  },
};

export const dialectOf = ({ dialect }: { readonly dialect?: LegacyDialect | undefined }): LegacyDialect =>
  dialect ?? plainDialect;
