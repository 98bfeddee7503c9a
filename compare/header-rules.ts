/**
 * Headers that are not compared as bytes, and why. Every other header is: its name's case, its value, and the order of
 * its lines where it has several. The order of lines of different names carries no meaning (RFC 9110, 5.3).
 */

export interface HeaderRule {
  /** In lower case. */
  header: string;
  /** `server`: not compared. `set`: members in any order. `length`: must be the body's. */
  treat: 'server' | 'set' | 'length';
  reason: string;
}

export const headerRules: readonly HeaderRule[] = [
  {
    header: 'server',
    treat: 'server',
    reason: "Names the server's software; the gateway sends none from either backend.",
  },
  {
    header: 'date',
    treat: 'server',
    reason:
      'The server writes it when it sends; the client of the gateway gets the one that passes or the gateway’s own.',
  },
  {
    header: 'connection',
    treat: 'server',
    reason: 'Hop by hop (RFC 9110, 7.6.1): the gateway strips it. Legacy closes every connection.',
  },
  { header: 'keep-alive', treat: 'server', reason: 'Hop by hop: the gateway strips it.' },
  {
    header: 'transfer-encoding',
    treat: 'server',
    reason:
      'Hop by hop: how a body is framed on one connection. What a client can see of it, a missing Content-Length, is compared.',
  },
  {
    header: 'allow',
    treat: 'set',
    reason: "A set (RFC 9110, 10.2.1), and legacy's order changes from one start of the process to the next.",
  },
  {
    header: 'content-length',
    treat: 'length',
    reason: 'It has to be the length of the body that it comes with; the bodies are compared themselves.',
  },
];
