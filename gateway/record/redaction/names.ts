/**
 * Which names announce a credential. Deny by default: a name of one of these families counts, whatever stands around the
 * word (`dbPassword`, `X-Vault-Token`, `user[session_id]`), unless its last word says that it is about the credential
 * (`token_count`, `password_policy`).
 */

/**
 * How much a name says of its value.
 * `digits`: a short number is a secret too (`otp`, `pin`). `strong`: every value that is not known to be harmless.
 * `medium`: every value but plain words (`sort-of_key: title`). `weak`: only a value that looks random (`code`, `key`).
 */
export type Suspicion = 'none' | 'weak' | 'medium' | 'strong' | 'digits';

const digits = new Set(
  'otp totp hotp pin cvv cvc csc tan passcode pass password passwd pwd passwort kennwort senha contrasena ssn'.split(
    ' ',
  ),
);
const strong = new Set(
  'token secret secrets credential credentials cred creds passphrase passkey auth authorization authentication bearer jwt sid sig signature hmac cookie cookies csrf xsrf apikey oauth mnemonic assertion sessid verifier'.split(
    ' ',
  ),
);
/** In a name that is written as one word: `accesstoken`, `userpassword`, `phpsessid`. */
const runTogether =
  /passw(?:or)?d|passphrase|passcode|secret(?!ar|ion)|apikey|accesskey|privatekey|signingkey|encryptionkey|sharedkey|sessionid|sessid|sessionkey|credential|authorization|csrf|xsrf|token$|cookie$|signature$/;

/** A name that ends so is about the credential: its kind, its age, where to get one. */
const about = new Set(
  'count counts type types limit limits length len size url uri endpoint expires expiry expiration expired ttl enabled disabled required policy strength usage used budget max min algorithm alg method methods mode format label placeholder status error errors reset changed updated created at in field fields name names path version scheme provider valid present exists remaining price cost rate window position index offset ratio cached details tokens'.split(
    ' ',
  ),
);
/** With one of these words a token is a place in a list, not a credential: replays send it back to the backend. */
const paging = new Set(
  'page paging pagination cursor continuation next prev previous sync resume scroll'.split(' '),
);
const counted = new Set(
  'max min total num input output prompt completion cached reasoning usage used count remaining'.split(' '),
);
const plainKeys = new Set(
  'primary foreign public sort order cache partition routing idempotency translation i18n message object row hash range map lookup group natural composite unique surrogate websocket hot arrow react list index tree node config property metric label path s3 storage_object'.split(
    ' ',
  ),
);
/** With one of these words a code is a secret of one use. */
const codes = new Set(
  'mfa verification verify sms security backup recovery access auth login reset confirmation device activation invite unlock email phone passcode'.split(
    ' ',
  ),
);
const weakNames = new Set('key keys code state session nonce hash hint seed'.split(' '));

/** `userAPIKey2` → user, api, key; brackets, dots, dashes and underscores part words as well. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

export function suspicionOf(name: string): Suspicion {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined) return 'none';
  if (last === 'tokens') return words.some((word) => counted.has(word)) ? 'none' : 'medium';
  if (words.length > 1 && about.has(last)) return 'none';
  const has = (set: ReadonlySet<string>) => words.some((word) => set.has(word));
  if (last === 'token' && (has(paging) || has(counted))) return has(paging) ? 'none' : 'medium';
  if (has(digits) || ((last === 'code' || last === 'codes') && has(codes))) return 'digits';
  if (last === 'answer' && words.includes('security')) return 'digits';
  if (has(strong) || runTogether.test(words.join(''))) return 'strong';
  if (words.includes('session') && (last === 'id' || last === 'key')) return 'strong';
  if (words.length > 1 && (last === 'key' || last === 'keys')) return has(plainKeys) ? 'none' : 'medium';
  if (words.length === 1 && weakNames.has(last)) return 'weak';
  return 'none';
}

const plainHeaders =
  /^(?:www-authenticate|proxy-authenticate|authentication-info|(?:x-)?idempotency-key|sec-websocket-(?:key|accept)|(?:x-)?(?:cache|surrogate)-key|access-control-.*|public-key-pins.*|x-b3-.*)$/;
/** Further words that make a header a credential, though a field of that name is none. */
const headerWord = /^(?:key|session|token|auth.*|secret|signature|jwt|oidc)$/;

/** @param name in lower case */
export function isCredentialHeader(name: string): boolean {
  if (plainHeaders.test(name)) return false;
  const words = wordsOf(name);
  if (words.length > 1 && about.has(words.at(-1) ?? '')) return false;
  const suspicion = suspicionOf(name);
  if (suspicion === 'strong' || suspicion === 'digits' || suspicion === 'medium') return true;
  return words.some((word) => word !== 'author' && word !== 'authority' && headerWord.test(word));
}
