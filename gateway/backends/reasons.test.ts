import { expect, test } from 'vitest';
import { faultOf, reasonBehind } from './faults.ts';
import { reasonOf, UnusableAnswer } from './reasons.ts';

const failure = (message: string, members: object = {}) => Object.assign(new Error(message), members);

test.each([
  [failure('socket hang up', { code: 'ECONNRESET' }), 'it closed the connection (ECONNRESET)'],
  [
    failure('Parse Error: Invalid header token', {
      code: 'HPE_INVALID_HEADER_TOKEN',
      reason: 'Invalid header token',
    }),
    'its answer is not valid HTTP (HPE_INVALID_HEADER_TOKEN: invalid header token)',
  ],
  [
    failure('certificate has expired', { code: 'CERT_HAS_EXPIRED' }),
    'its certificate has expired (CERT_HAS_EXPIRED)',
  ],
  [
    failure(
      'write EPROTO 80A8:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../record.c:355:\n',
      { code: 'EPROTO', syscall: 'write' },
    ),
    'TLS with it failed (EPROTO: wrong version number)',
  ],
  [
    failure('x', { code: 'ERR_SSL_PACKET_LENGTH_TOO_LONG', reason: 'packet length too long' }),
    'TLS with it failed (ERR_SSL_PACKET_LENGTH_TOO_LONG: packet length too long)',
  ],
  [
    failure('Hostname/IP does not match: secret.internal', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
  ],
  [failure('about password=hunter2', { code: 'ESOMETHING' }), 'ESOMETHING'],
  [failure('about password=hunter2', { code: 'password=hunter2' }), 'no reason is known'],
  [failure('about password=hunter2'), 'no reason is known'],
  [new UnusableAnswer('it changed the protocol unasked'), 'it changed the protocol unasked'],
])('%s: %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

test('the log is told of a backend that cannot be reached too, whose address is nobody else’s business', () => {
  const fault = faultOf(failure('connect ECONNREFUSED 10.1.2.3:80', { code: 'ECONNREFUSED' }), 'legacy');
  expect(fault.message).toBe('The legacy backend cannot be reached.');
  expect(reasonBehind(fault)).toBe('nothing listens at its address (ECONNREFUSED)');
  expect(reasonBehind(new Error('anything else'))).toBeUndefined();
});
