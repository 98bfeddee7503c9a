/** What counts as a secret besides what every recorder knows (`names.ts`, `shapes.ts`, `secretlint.ts`): a team's own rules. */

export interface RedactionRules {
  /** Further headers whose values are secret, in lower case. */
  headers: readonly string[];
  /** Further members of JSON bodies and fields of forms and queries; matched whole, case aside. */
  fields: readonly string[];
  /** What a secret looks like wherever it stands, in RE2's syntax. With a group named `secret`, that group alone is replaced. */
  patterns: readonly { name: string; pattern: string }[];
}

/** Nothing beyond what every recorder knows. */
export const defaultRules: RedactionRules = { headers: [], fields: [], patterns: [] };

/** Not among the defaults: people's addresses are part of what a chat says. Add it where they must not be kept. */
export const emailAddresses = {
  name: 'email-address',
  pattern: '[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\\.[A-Za-z]{2,24}',
};
