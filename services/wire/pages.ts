/** Werkzeug's HTML pages of routing errors. */

export interface Page {
  status: number;
  /** As Werkzeug's server sends it: the name in capitals. */
  reason: string;
  html: string;
}

function page(status: number, name: string, text: string): Page {
  const html = `<!doctype html>\n<html lang=en>\n<title>${status} ${name}</title>\n<h1>${name}</h1>\n<p>${text}</p>\n`;
  return { status, reason: name.toUpperCase(), html };
}

export const notFound = page(
  404,
  'Not Found',
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
);

export const methodNotAllowed = page(
  405,
  'Method Not Allowed',
  'The method is not allowed for the requested URL.',
);
