/** All that is measured, in the order of the tables. */
import { gateway } from './gateway.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { bare } from './node.ts';
import type { Peer } from './peer.ts';

export const httpProxyMiddlewareAlone = 'http-proxy-middleware';

export const peers: readonly Peer[] = [
  nginx(),
  haproxy(),
  bare('fast-proxy'),
  bare(httpProxyMiddlewareAlone),
  bare('node-http'),
  bare('undici-request'),
  bare('undici-dispatch'),
  gateway('http'),
  gateway('http-proxy-middleware'),
];
