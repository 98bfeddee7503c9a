/** fast-proxy in its usual form. */
import fastProxy from 'fast-proxy';
import { serve, upstream } from './serve-proxy.ts';

const { proxy } = fastProxy({ base: upstream().origin });

serve((request, response) => proxy(request, response, request.url ?? '/', {}));
