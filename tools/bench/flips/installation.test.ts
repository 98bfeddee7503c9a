import { expect, test } from 'vitest';
import { holdsIn } from './installation.ts';

test('holds are those of all routes together, by the edge of their bucket', () => {
  const text = `# HELP banyan_hold_duration_seconds Time that a request waited until a backend could have it
banyan_hold_duration_seconds_bucket{le="0.001",http_route="GET /api/chats"} 7
banyan_hold_duration_seconds_bucket{le="+Inf",http_route="GET /api/chats"} 9
banyan_hold_duration_seconds_sum{http_route="GET /api/chats"} 0.5
banyan_hold_duration_seconds_bucket{le="0.001",http_route="PUT /api/chats/:chat_id/rename"} 1
banyan_hold_duration_seconds_bucket{le="+Inf",http_route="PUT /api/chats/:chat_id/rename"} 1
`;
  expect(holdsIn(text)).toEqual(
    new Map([
      [0.001, 8],
      [Number.POSITIVE_INFINITY, 10],
    ]),
  );
});
