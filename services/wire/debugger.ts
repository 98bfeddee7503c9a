/**
 * Requests that Werkzeug's debugger would answer. It is on in the legacy app, gives out pages of its own and takes
 * commands, and is no part of the public contract.
 */

/**
 * Whether the debugger might see the request as its own, read as Werkzeug's server reads a target, and a little more
 * widely: repeated parameters count too.
 */
export function isForDebugger(target: string): boolean {
  const [beforeFragment = ''] = target.split('#', 1);
  const query = beforeFragment.indexOf('?');
  const path = query === -1 ? beforeFragment : beforeFragment.slice(0, query);
  // Leading slashes are merged, escapes decoded once.
  if (unescaped(path).replace(/^\/+/, '') === 'console') return true;
  return query !== -1 && hasCommand(beforeFragment.slice(query + 1));
}

function hasCommand(query: string): boolean {
  return query.split('&').some((pair) => {
    const [name = '', value = ''] = pair.split('=', 2);
    return unescaped(name) === '__debugger__' && unescaped(value) === 'yes';
  });
}

/** Percent escapes decoded to Latin-1: enough to recognise ASCII. */
function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
