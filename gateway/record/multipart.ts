/**
 * Cuts a multipart body, as it comes, into stretches of text (delimiters, part headers, plain fields) and the contents
 * of file parts. Put together again in order, the stretches are the body, byte for byte, whatever the body is: what
 * cannot be read as multipart is text.
 */

export interface PartInfo {
  name: string;
  fileName?: string;
  contentType?: string;
}

export interface StretchSink {
  text(bytes: Uint8Array): void;
  /** The contents of a file part begin here … */
  fileStart(info: PartInfo): void;
  file(bytes: Uint8Array): void;
  /** … and end here. */
  fileEnd(): void;
  field(info: PartInfo): void;
}

/** The boundary of a `multipart/form-data` content type. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

const LONGEST_PART_HEADERS = 16 * 1024;

export class MultipartCutter {
  readonly #delimiter: Buffer;
  readonly #sink: StretchSink;
  #state: 'before' | 'headers' | 'field' | 'file' | 'after' = 'before';
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  constructor(boundary: string, sink: StretchSink) {
    this.#delimiter = Buffer.from(`--${boundary}`, 'latin1');
    this.#sink = sink;
  }

  write(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    while (this.#step()) {}
  }

  end(): void {
    this.#emit(this.#rest.length);
    if (this.#state === 'file') this.#sink.fileEnd();
    this.#state = 'after';
  }

  /** Does one piece of work; true while there may be more. */
  #step(): boolean {
    if (this.#state === 'after') {
      this.#emit(this.#rest.length);
      return false;
    }
    return this.#state === 'headers' ? this.#readHeaders() : this.#seekDelimiter();
  }

  #seekDelimiter(): boolean {
    const at = this.#findDelimiter();
    if (at === undefined) {
      // The delimiter may have begun in the last bytes, with the line break before it.
      const safe = this.#rest.length - this.#delimiter.length - 2;
      if (safe > 0) this.#emit(safe);
      return false;
    }
    const afterDelimiter = at.delimiter + this.#delimiter.length;
    if (this.#rest.length < afterDelimiter + 2) return false;
    this.#emit(at.lineBreak);
    if (this.#state === 'file') this.#sink.fileEnd();
    this.#state = 'field';
    const closes = this.#rest.subarray(afterDelimiter - at.lineBreak, afterDelimiter - at.lineBreak + 2);
    this.#emit(afterDelimiter - at.lineBreak);
    this.#state = closes.toString('latin1') === '--' ? 'after' : 'headers';
    return true;
  }

  /** A delimiter stands at the very start or after a line break, which belongs to it. */
  #findDelimiter(): { lineBreak: number; delimiter: number } | undefined {
    for (
      let at = this.#rest.indexOf(this.#delimiter);
      at >= 0;
      at = this.#rest.indexOf(this.#delimiter, at + 1)
    ) {
      if (at === 0 && !this.#begun) return { lineBreak: 0, delimiter: 0 };
      if (this.#rest[at - 1] !== 0x0a) continue;
      return { lineBreak: this.#rest[at - 2] === 0x0d ? at - 2 : at - 1, delimiter: at };
    }
    return undefined;
  }

  #readHeaders(): boolean {
    const text = this.#rest.subarray(0, LONGEST_PART_HEADERS).toString('latin1');
    const end = /\r?\n\r?\n/.exec(text);
    if (!end) {
      if (this.#rest.length < LONGEST_PART_HEADERS) return false;
      this.#state = 'field';
      return true;
    }
    const info = partInfo(text.slice(0, end.index));
    this.#state = 'field';
    this.#emit(end.index + end[0].length - (this.#emptyPart(text, end) ? end[0].length / 2 : 0));
    if (info.fileName === undefined && /^(?:text\/|$)/i.test(info.contentType ?? '')) this.#sink.field(info);
    else {
      this.#state = 'file';
      this.#sink.fileStart(info);
    }
    return true;
  }

  /** A part without contents may share its empty line with the delimiter that follows. */
  #emptyPart(text: string, end: RegExpExecArray): boolean {
    return text.startsWith(this.#delimiter.toString('latin1'), end.index + end[0].length);
  }

  #emit(count: number): void {
    if (count <= 0) return;
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    this.#begun = true;
    if (this.#state === 'file') this.#sink.file(bytes);
    else this.#sink.text(bytes);
  }
}

function partInfo(headers: string): PartInfo {
  const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
  const parameter = (name: string) => {
    const [, quoted, plain] =
      new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(disposition) ?? [];
    const value = quoted ?? plain;
    return value === undefined ? undefined : Buffer.from(value, 'latin1').toString('utf8');
  };
  const fileName = parameter('filename\\*') ?? parameter('filename');
  const contentType = /^content-type:\s*(.*?)\s*$/im.exec(headers)?.[1];
  return {
    name: parameter('name') ?? '',
    ...(fileName === undefined ? {} : { fileName }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}
