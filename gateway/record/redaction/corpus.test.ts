/**
 * What is replaced and what is kept, as a table. No secret stands here as a scanner of repositories would report it: each
 * is put together when the test runs.
 */
import { expect, it } from 'vitest';
import { Redactor } from './redactor.ts';
import { defaultRules } from './rules.ts';

const key = Buffer.from('a key of this test');
const upper = 'QWERTYUIOPASDFGHJKLZXCVBNM';
const mixed = 'aZ3bY7cX1dW9eV5fU2gT8hS4iR6jQ0kP';
const hex = '0f3a9c71be52d84607af19c3e5b2d840f6a1c9e37b5d2840';
/** So many characters that look random. */
const some = (length: number, of = mixed) => of.repeat(Math.ceil(length / of.length)).slice(0, length);
const join = (...parts: string[]) => parts.join('');

const keys: Record<string, string> = {
  'AWS key id': join('AK', 'IA', some(16, `${upper.slice(0, 14)}23`)),
  'AWS temporary key id': join('AS', 'IA', some(16, upper)),
  'GitHub token': join('gh', 'p_', some(36)),
  'GitHub fine-grained token': join('github', '_pat_', some(82)),
  'GitLab token': join('gl', 'pat-', some(20)),
  'GitLab deploy token': join('gl', 'dt-', some(20)),
  'Slack bot token': join('xo', 'xb-', '1234567890-', some(24)),
  'Slack app token': join('xa', 'pp-', '1-A012-', some(40)),
  'Slack webhook': join('https://hooks.slack', '.com/services/', 'T01234567/B01234567/', some(24)),
  'Stripe key': join('sk', '_live_', some(24)),
  'Stripe restricted key': join('rk', '_test_', some(24)),
  'Stripe webhook secret': join('wh', 'sec_', some(32)),
  'Twilio key': join('S', 'K', some(32, hex)),
  'SendGrid key': join('S', 'G.', some(22), '.', some(43)),
  'npm token': join('np', 'm_', some(36)),
  'PyPI token': join('py', 'pi-', 'AgEIcHlwaS5vcmc', some(60)),
  'OpenAI key': join('s', 'k-', 'proj-', some(48)),
  'Anthropic key': join('s', 'k-ant-', 'api03-', some(93), 'AA'),
  'Google API key': join('AI', 'za', some(35)),
  'Google OAuth token': join('ya', '29.', some(60)),
  'Google client secret': join('GOC', 'SPX-', some(28)),
  'Azure client secret': join('abc', '8', 'Q~', some(34)),
  'Azure storage key': join(some(86), '=='),
  'DigitalOcean token': join('do', 'p_v1_', some(64, hex)),
  'Shopify token': join('sh', 'pat_', some(32, hex)),
  'Hugging Face token': join('h', 'f_', some(34)),
  'Groq key': join('gs', 'k_', some(52)),
  'Vault token': join('hv', 's.', some(95)),
  'Databricks token': join('da', 'pi', some(32, hex)),
  'Docker token': join('dck', 'r_pat_', some(27)),
  'Linear key': join('lin', '_api_', some(40)),
  'Notion token': join('nt', 'n_', '12345678901', some(35)),
  'Figma token': join('fi', 'gd_', some(40)),
  'Grafana token': join('gl', 'sa_', some(32), '_', some(8, hex)),
  'New Relic key': join('NR', 'AK-', some(27, `${upper}0123456789`)),
  'Postman key': join('PM', 'AK-', some(24, hex), '-', some(34, hex)),
  'Mailgun key': join('ke', 'y-', some(32, hex)),
  'Mailchimp key': join(some(32, hex), '-us', '12'),
  'Doppler token': join('dp', '.pt.', some(43)),
  'Square token': join('sq', '0atp-', some(22)),
  'Telegram bot token': join('123456789', ':A', 'A', some(33)),
  'Discord webhook': join('https://discord', '.com/api/webhooks/', '123456789012345678/', some(68)),
  'Sentry token': join('sn', 'trys_', some(64)),
  'Tailscale key': join('ts', 'key-', 'auth-', some(12), '-', some(32)),
  'Brevo key': join('xk', 'eysib-', some(64, hex), '-', some(16)),
  'JSON Web Token': join('ey', 'JhbGciOiJIUzI1NiJ9', '.', 'ey', 'JzdWIiOiIxMjM0In0', '.', some(43)),
  'private key': join(
    '-----BEGIN RSA PRIV',
    'ATE KEY-----\n',
    some(64),
    '\n',
    some(40),
    '\n-----END RSA PRIV',
    'ATE KEY-----',
  ),
  'bearer token': join('Bea', 'rer ', some(32)),
  'basic credentials': join('Ba', 'sic ', Buffer.from('ann:correct-horse').toString('base64')),
  'card number': join('4111', '1111', '1111', '1111'),
  'card number with spaces': join('5555 ', '5555 ', '5555 ', '4444'),
  'card number with dashes': join('4111-', '1111-', '1111-', '1111'),
  'American Express number': join('3782 ', '822463 ', '10005'),
};

/** Replaced, and with it every part that says nothing of what it is. */
function expectReplaced(text: string, secret: string): void {
  const out = new Redactor(defaultRules, key).text(text);
  expect(out).not.toContain(secret);
  expect(out).toHaveLength(text.length);
  const tail = secret.replace(/\n?-----END.*$/s, '').slice(-8);
  expect(out).not.toContain(tail);
}

it.each(Object.entries(keys))('replaces a %s wherever it stands', (_, secret) => {
  for (const text of [
    secret,
    `it is ${secret}.`,
    `see ${secret}, then go on`,
    `(${secret})`,
    `<b>${secret}</b>`,
    JSON.stringify({ note: `the new one:\n${secret}` }),
    JSON.stringify({ outer: JSON.stringify({ note: `x\n${secret}` }) }),
    `note=${encodeURIComponent(`a ${secret}`)}&b=1`,
  ])
    expectReplaced(text, secret);
});

const value = 'hunter2-Trustno1';
const names = [
  'password passwd pwd pass userPassword user_password db-password PASSWORD passphrase passcode',
  'token accessToken access_token access-token refreshToken id_token authToken csrfToken xsrf_token deviceToken',
  'secret clientSecret client_secret apiSecret appSecret webhook_secret apiKey api_key apikey API_KEY x-api-key',
  'privateKey private_key accessKey secretKey signingKey encryption_key subscription-key session_id sessionId sid',
  'JSESSIONID PHPSESSID otp totp signature sig hmac X-Amz-Signature authorization auth credential credentials jwt',
  'bearer cookie csrf oauth_verifier_secret user[password] login.password password2 new_password passwordConfirmation',
]
  .join(' ')
  .split(' ');

it.each(names)('replaces the value of %s in every notation', (name) => {
  for (const text of [
    JSON.stringify({ [name]: value, kept: 'kept' }),
    JSON.stringify({ a: { b: [{ [name]: value }] } }, null, 2),
    JSON.stringify({ query: `mutation { x(a: "b") }`, variables: { [name]: value } }),
    `{${JSON.stringify(name)} : "${value}"}`.replace(
      name[0] ?? '',
      `\\u00${name.charCodeAt(0).toString(16)}`,
    ),
    `a=1&${name}=${value}&kept=1`,
    `a=1&${encodeURIComponent(name).replace(/^./, (char) => `%${char.charCodeAt(0).toString(16)}`)}=${value}&kept=1`,
    `https://a.example/?a=1&${name}=${value}#kept`,
    `https://a.example/cb#${name}=${value}&state=1`,
    `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--B--`,
    `x: 1\n${name}: ${value}\nkept: 1`,
    `${name}='${value}'`,
    `{'${name}': '${value}'}`,
    `<input name="${name}" value="${value}">`,
    `<input value='${value}' name='${name}'>`,
    JSON.stringify({ name, value }),
    JSON.stringify([{ value, name }]),
    JSON.stringify({ body: JSON.stringify({ [name]: value }) }),
  ])
    expectReplaced(text, value);
});

it.each([
  ['a number', '{"otp": 493817}', '493817'],
  ['a number that a form sends', 'pin=4938&x=1', '4938'],
  ['a list', '{"tokens": ["alpha-1", "beta-2"]}', 'beta-2'],
  ['numbers in a list', '{"recovery_secrets": [81726354, 19283746]}', '19283746'],
  [
    'an object',
    '{"credentials": {"user": "ann", "word": "open-sesame", "n": {"deep": "x-y-z-1"}}}',
    'x-y-z-1',
  ],
  ['an element', '<auth:password type="text">open sesame 1</auth:password>', 'sesame'],
  ['an element with character data', '<secret><![CDATA[open<sesame>1]]></secret>', 'sesame'],
  ['nested elements', '<credentials><user>ann</user><word>open-sesame</word></credentials>', 'sesame'],
  ['a YAML block', 'a: 1\nprivate_key: |\n  first-line-1\n  second-line-2\nb: 2', 'second-line-2'],
  ['a YAML list', 'tokens:\n  - first-token-1\n  - second-token-2\nb: 2', 'second-token-2'],
  ['a sentence', 'password: correct horse battery staple', 'battery'],
  ['an argument', 'curl -H "Authorization: Bearer abcdefgh" x', 'abcdefgh'],
  ['a GraphQL argument', 'mutation { login(name: "ann", password: "open-sesame") { id } }', 'sesame'],
  ['an attribute beside its name', '<add key="ApiKey" value="open-sesame-1"/>', 'sesame'],
  ['an element’s text by an attribute', '<string name="api_key">open-sesame-1</string>', 'sesame'],
  ['a pair of a list', '[["Authorization","Bearer sesame"],["Accept","x"]]', 'sesame'],
  ['a code of one use', '{"verificationCode":"998877","backup_codes":["11112222"]}', '998877'],
  ['a connection string', 'Server=a;User Id=b;Password=open sesame;Encrypt=1', 'sesame'],
  ['a parameter of a path', '/a;jsessionid=ABC123sesame?x=1', 'sesame'],
  ['a URL', 'postgres://ann:open-sesame@db.example/x', 'sesame'],
  ['a URL of another scheme', 'amqp+tls://ann:s%2Fesame@mq.example', 'esame'],
  [
    'a token before a host',
    `https://${join('abcdefgh', '12345678', 'abcdefgh')}@git.example/x.git`,
    '12345678',
  ],
  ['a password with brackets and commas', 'password=a,b;c)open(sesame&x=1', 'sesame'],
  [
    'a percent-encoded value',
    `password=${[...'sesame'].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')}`,
    '%73%65%73',
  ],
  ['HTML entities', '<a href="?a=1&amp;token=open-sesame-1">', 'sesame'],
  [
    'escaped text in JSON in JSON',
    JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ pwd: 'sesame-1' }) }) }),
    'sesame',
  ],
])('replaces what stands in a credential’s place as %s', (_, text, secret) => {
  const out = new Redactor(defaultRules, key).text(text);
  expect(out).not.toContain(secret);
  expect(out).toHaveLength(text.length);
});

const headers = [
  'Authorization Proxy-Authorization X-Access-Token Private-Token X-Vault-Token X-Auth-Token X-Api-Key Api-Key',
  'X-Goog-Api-Key Ocp-Apim-Subscription-Key X-Amz-Security-Token X-Hub-Signature-256 Stripe-Signature X-Webhook-Secret',
  'X-Csrf-Token X-Xsrf-Token X-Session-Id X-Auth-User X-Authentication X-Forwarded-Access-Token X-Plex-Token JWT',
  'CF-Access-Jwt-Assertion X-Amzn-Oidc-Data X-Tenant-Key X-Service-Auth DPoP-Token X-Refresh-Token X-Password',
]
  .join(' ')
  .split(' ');

it.each(headers)('replaces the value of the header %s', (name) => {
  for (const text of [value, 'shortword1', '8417263']) {
    const [pair] = new Redactor(defaultRules, key).headers([name, text]);
    expect(pair?.value).not.toContain(text);
    expect(pair?.value).toHaveLength(text.length);
  }
});

it.each([
  ['Cookie', 'a=first-1; b=second-2'],
  ['Cookie', 'a=first-1\nb=second-2'],
  ['Cookie', 'a=first-1, b=second-2'],
  ['Set-Cookie', 'a=first-1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT\nb=second-2; HttpOnly'],
  ['Set-Cookie', 'a=first-1; Path=/, b=second-2; Secure'],
  ['Set-Cookie', 'a=first-1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, b=second-2'],
])('replaces each of several cookies in one %s: %j', (name, text) => {
  const [pair] = new Redactor(defaultRules, key).headers([name, text]);
  expect(pair?.value).not.toMatch(/first|second/);
  for (const kept of ['Path=/', 'Wed, 21 Oct 2026 07:28:00 GMT', 'HttpOnly', 'Secure', 'a=', 'b='])
    if (text.includes(kept)) expect(pair?.value).toContain(kept);
});

const piece = (text: string) => JSON.stringify({ choices: [{ delta: { content: text } }] });
it.each([
  ['events of JSON', (a: string, b: string) => `data: ${piece(a)}\n\ndata: ${piece(b)}\n\ndata: [DONE]\n\n`],
  ['events of text', (a: string, b: string) => `event: x\ndata: ${a}\n\nevent: x\ndata: ${b}\n\n`],
  ['lines of JSON', (a: string, b: string) => `${piece(a)}\n${piece(b)}\n`],
  ['elements of a list that comes in pieces', (a: string, b: string) => `[${piece(a)}\n,\r\n${piece(b)}\n]`],
])('replaces a secret that is split over two %s', (_, text) => {
  const secret = keys['GitHub token'] ?? '';
  for (const at of [3, 10, 20, 39]) {
    const out = new Redactor(defaultRules, key).text(
      text(`it is ${secret.slice(0, at)}`, `${secret.slice(at)} now`),
    );
    for (const part of [secret.slice(4, at), secret.slice(at)])
      if (part.length > 3) expect(out).not.toContain(part);
    expect(out).toContain('it is ');
    expect(out).toContain(' now');
  }
});

const kept = [
  'The bearer certificates of task-oriented people; sk-learn-based-pipelines are everywhere.',
  'Pass the parameter; the token bucket algorithm; see the secretary about authors and authority.',
  '{"usage": {"prompt_tokens": 123456, "completion_tokens": 12, "total_tokens": 135792468}, "max_tokens": 4096}',
  '{"maxOutputTokens": 1024, "token_count": 123456, "tokenLimit": 1000000, "input_token_count": 48151623}',
  '{"next_page_token": "CAUQAA1234567890", "pageToken": "abc123def456", "nextPageToken": "x9y8z7w6v5u4"}',
  '{"password": null, "token": "", "secret": "********", "auth": true, "apiKey": "{{API_KEY}}", "pwd": "[redacted]"}',
  '{"password_policy": "at least 8", "token_type": "bearer", "auth_url": "https://a.example/login", "passwordChangedAt": "2026-01-02"}',
  '{"primary_key": "users_id_1", "sort_key": "created-at-1", "public_key_id": "k-1", "idempotency_key": "order-1234-5678"}',
  '{"key": "value one", "code": "not_found", "state": "running", "hash": "abc"}',
  '{"id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "key": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}',
  '{"created": 1767225600000, "phone": "+49 30 1234567890", "n": 0.4111111111111111, "isbn": "978-3-16-148410-0"}',
  '{"sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "embedding": [0.123456789012345, -0.98765432109876]}',
  '{"schema": {"password": {"type": "string", "minLength": 8}}}',
  'https://a.example:8080/api/chats?page=2&sort=name&key=1 and git+ssh://git@git.example/x.git',
  '{"required": ["password", "email"], "code": "E1234"} /a;v=2?token_type=x',
  '<input type="text" name="title" value="A title"><p class="token">Tokens</p>',
  '--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nA title of 2026\r\n--B--',
  'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
  'data: {"text": "Hello"}\n\ndata: {"text": " world"}\n\ndata: {"text": ", sk"}\n\ndata: {"text": "ies are blue"}\n\n',
];

it.each(kept)('keeps %s', (text) => {
  expect(new Redactor(defaultRules, key).text(text)).toBe(text);
});

it.each([
  ['Content-Type', 'application/json'],
  ['Idempotency-Key', 'order-1234-5678-abcd'],
  ['WWW-Authenticate', 'Basic realm="a place"'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Access-Control-Allow-Headers', 'Authorization, X-Api-Key'],
  ['Vary', 'Cookie, Authorization'],
  ['X-Request-Id', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
  ['ETag', '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ['X-RateLimit-Limit-Tokens', '200000'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'],
  ['Referer', 'https://a.example/chats/3f2504e0-4f89-11d3-9a0c-0305e82c3301?page=2'],
])('keeps the header %s: %s', (name, text) => {
  expect(new Redactor(defaultRules, key).headers([name, text])).toEqual([{ name, value: text }]);
});

it('replaces nothing in a text in which everything is replaced already', () => {
  const once = new Redactor(defaultRules, key);
  const text =
    names.map((name) => JSON.stringify({ [name]: value, n: 1 })).join('\n') + Object.values(keys).join(' , ');
  const out = once.text(text);
  const again = new Redactor(defaultRules, Buffer.from('another key'));
  again.text(out);
  const known = new Set(once.standIns());
  expect(again.secrets().filter((secret) => !known.has(secret))).toEqual([]);
});
