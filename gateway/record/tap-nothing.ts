import type { ExchangeTap } from './recorder.ts';

/** For an exchange that is not recorded. */
export const tapNothing: ExchangeTap = {
  requestBody() {},
  requestEnd() {},
  response() {},
  responseBody() {},
  end() {},
  aborted() {},
};
