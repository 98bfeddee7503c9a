/**
 * Why a connection to a backend failed, in words that a client may see. They come from the tables below, Node's parser and
 * OpenSSL, whose texts are fixed. The text of any other error may repeat a part of the answer or an address: only its code is told.
 */

/** An answer that HTTP allows nobody to give. The text is told. */
export class UnusableAnswer extends Error {
  readonly code = 'BANYAN_ANSWER';
}

export const unasked = 'it changed the protocol unasked';

const words: Record<string, string> = {
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ECONNABORTED: 'it closed the connection',
  ERR_STREAM_PREMATURE_CLOSE: 'it closed the connection',
  ETIMEDOUT: 'the connection timed out',
  ECONNREFUSED: 'nothing listens at its address',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to its address',
  ENETUNREACH: 'there is no way to its network',
  EADDRNOTAVAIL: 'this machine has no free port for another connection',
  ERR_INVALID_CHAR: 'a header of its answer has a character that no header may have',
  ERR_HTTP_INVALID_STATUS_CODE: 'the status of its answer is none',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
};

/** @returns a part of a sentence, without anything of the answer's content */
export function reasonOf(error: Error & { code?: unknown; reason?: unknown }): string {
  if (error instanceof UnusableAnswer) return error.message;
  const code =
    typeof error.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(error.code) ? error.code : undefined;
  if (!code) return 'no reason is known';
  if (words[code]) return `${words[code]} (${code})`;
  if (code.startsWith('HPE_'))
    return `its answer is not valid HTTP (${code}: ${String(error.reason ?? 'no reason given').toLowerCase()})`;
  const tls = tlsReason(error, code);
  return tls === undefined ? code : `TLS with it failed (${code}${tls && `: ${tls}`})`;
}

/** OpenSSL's reason, e.g. `wrong version number`; undefined if the error is not TLS's. */
function tlsReason(error: Error & { reason?: unknown }, code: string): string | undefined {
  const [, told] = /:SSL routines:[^:]*:([a-z0-9 /-]+):/i.exec(error.message) ?? [];
  if (told) return told;
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_') && !code.startsWith('CERT_'))
    return undefined;
  return typeof error.reason === 'string' && /^[a-z0-9 /-]+$/i.test(error.reason) ? error.reason : '';
}
