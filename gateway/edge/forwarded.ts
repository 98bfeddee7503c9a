/** Who the client is: the peer, or what a trusted proxy in front of the gateway says of it. */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import type { Forwarded } from './headers.ts';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * @param trustedProxies addresses or CIDR ranges
 * @returns what to tell a backend of a request's client
 * @throws Error that names the entry that is neither
 */
export function createForwarded(trustedProxies: readonly string[]): (incoming: IncomingMessage) => Forwarded {
  const ranges = trustedProxies.map(parseRange);
  return (incoming) => {
    const peer = plainAddress(incoming.socket.remoteAddress ?? '');
    const { host } = incoming.headers;
    if (ranges.length === 0 || !isTrusted(peer, ranges))
      return { for: peer, proto: 'http', host, trusted: false };
    const before = headerOf(incoming, 'x-forwarded-for');
    return {
      for: before ? `${before}, ${peer}` : peer,
      proto: headerOf(incoming, 'x-forwarded-proto') ?? 'http',
      host: headerOf(incoming, 'x-forwarded-host') ?? host,
      trusted: true,
    };
  };
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function parseRange(text: string): Range {
  try {
    // The library also reads `10.0.0`, as 10.0.0.0.
    if (!text.includes(':') && !/^\d+(?:\.\d+){3}(?:\/|$)/.test(text)) throw new Error('not four numbers');
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch (cause) {
    throw new Error(`TRUSTED_PROXIES has "${text}", which is neither an address nor a CIDR range`, { cause });
  }
}

/** `::ffff:127.0.0.1`, as a dual-stack socket names an IPv4 peer, is `127.0.0.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function isTrusted(peer: string, ranges: Range[]): boolean {
  if (!ipaddr.isValid(peer)) return false;
  const address = ipaddr.process(peer);
  return ranges.some(
    ([range, bits]) => range.kind() === address.kind() && address.match([range, bits] as never),
  );
}
