/** Server-sent events, as far as chat completions use them: the data of each event. */

/** WHATWG HTML, 9.2.6: lines end with CR LF, LF or CR; several data lines of an event are joined by LF. */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of CR LF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      }
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
  // Some endpoints leave out the empty line after the last event.
  const lastLine = rest.trim();
  if (lastLine.startsWith('data:')) data.push(lastLine.slice(5).trimStart());
  if (data.length > 0) yield data.join('\n');
}
