/** The API of an installation's console, as the rehearsals use it. */

/** Gets a path under `/api`, or posts to it where there is a body. @throws Error where it does not answer, or refuses */
export type ConsoleApi = (path: string, body?: object) => Promise<unknown>;

/** @param url of the console */
export function consoleApi(url: string, token: string): ConsoleApi {
  return async (path, body) => {
    const response = await fetch(`${url}/api/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
