/** What counts as a secret. A team passes its own list to the recorder; these are the defaults. */

export interface RedactionRules {
  /** Headers whose values are secret, in lower case. */
  headers: readonly string[];
  /** Members of JSON bodies and fields of forms and queries whose values are secret; matched whole, case aside. */
  fields: readonly string[];
  /** What a secret looks like wherever it stands. With a group named `secret`, that group alone is replaced. */
  patterns: readonly { name: string; pattern: RegExp }[];
}

const notAfterWord = '(?<![A-Za-z0-9_-])';

export const defaultRules: RedactionRules = {
  headers: [
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-goog-api-key',
    'x-api-key',
    'api-key',
    'x-auth-token',
    'x-csrf-token',
    'x-xsrf-token',
    'x-amz-security-token',
  ],
  fields: [
    'password',
    'passwd',
    'secret',
    'client_secret',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'auth_token',
    'api_key',
    'apikey',
    'x-goog-api-key',
    'authorization',
    'private_key',
  ],
  patterns: [
    { name: 'google-api-key', pattern: new RegExp(`${notAfterWord}AIza[A-Za-z0-9_-]{30,}`) },
    { name: 'google-oauth-token', pattern: new RegExp(`${notAfterWord}ya29\\.[A-Za-z0-9_-]{20,}`) },
    { name: 'sk-key', pattern: new RegExp(`${notAfterWord}sk-[A-Za-z0-9_-]{16,}`) },
    {
      name: 'github-token',
      pattern: new RegExp(`${notAfterWord}(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,}`),
    },
    { name: 'slack-token', pattern: new RegExp(`${notAfterWord}xox[abprs]-[A-Za-z0-9-]{10,}`) },
    { name: 'aws-key-id', pattern: new RegExp(`${notAfterWord}(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])`) },
    {
      name: 'jwt',
      pattern: new RegExp(`${notAfterWord}eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*`),
    },
    {
      // A digit is asked for: "bearer certificates" in a document is not a secret.
      name: 'bearer',
      pattern: /[Bb]earer(?: |%20|\+)(?=[A-Za-z._~+/=-]*\d)(?<secret>[A-Za-z0-9._~+/=-]{16,})/,
    },
    {
      name: 'private-key',
      pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>[A-Za-z0-9+/=\\\s]+)-----END/,
    },
  ],
};

/** Not among the defaults: people's addresses are part of what a chat says. Add it where they must not be kept. */
export const emailAddresses = {
  name: 'email-address',
  pattern: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}/,
};
