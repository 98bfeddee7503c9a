/** http-proxy-middleware alone, in its usual form, with connections to the upstream kept. */
import { Agent } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { serve, upstream } from './serve-proxy.ts';

const proxy = createProxyMiddleware({ target: upstream().origin, agent: new Agent({ keepAlive: true }) });

serve((request, response) => void proxy(request, response));
