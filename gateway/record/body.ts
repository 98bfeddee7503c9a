/**
 * Takes a body as it comes, redacts it, and keeps it: short ones in memory until the exchange is over, the rest in the
 * spool. Its contents decide what is done to it: text is redacted, an encoded body is decoded first, binary contents are
 * kept as sent, file parts of a multipart body always go into a file of their own.
 */
import { isUtf8 } from 'node:buffer';
import { codingsOf, decode, encode, LONGEST_ENCODED } from './encoded.ts';
import type { Stretch } from './har.ts';
import { boundaryOf, MultipartCutter, type PartInfo } from './multipart.ts';
import type { Redactor } from './redaction/redactor.ts';
import { RedactingStream, Unredactable } from './redaction/stream.ts';
import type { Spool, SpooledPart } from './spool.ts';

/** Longer bodies go into a file beside the recording. */
const LONGEST_INLINE = 16 * 1024;
/** What is looked at to tell binary contents from text. */
const SNIFFED = 512;

export interface KeptBody {
  size: number;
  stretches: Stretch[];
  /** Hashes and sizes of files that were kept as sent. */
  asSent: string[];
  /** It was encoded again, and is not as long as its header says. */
  resized?: true;
  params?: (PartInfo & { file?: string })[];
}

export interface BodyCapture {
  /** @throws Unredactable */
  write(bytes: Uint8Array): void;
  /** @throws Unredactable */
  end(): KeptBody;
  /** Forgets it. */
  drop(): void;
}

export interface BodyTools {
  redactor: Redactor;
  spool: Spool;
}

/** @param encoding what its `Content-Encoding` says; may be empty */
export function captureBody(tools: BodyTools, contentType: string, encoding: string): BodyCapture {
  const codings = codingsOf(encoding);
  if (codings.length > 0) return new EncodedCapture(tools, contentType, codings);
  const boundary = boundaryOf(contentType);
  return boundary ? new MultipartCapture(tools, boundary) : new SingleCapture(tools, contentType);
}

class SingleCapture implements BodyCapture {
  readonly #stretch: StretchCapture;
  #size = 0;

  constructor(tools: BodyTools, contentType: string, kind: 'unknown' | 'kept' = 'unknown') {
    this.#stretch = new StretchCapture(tools, kind, false, contentType);
  }

  write(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#stretch.write(bytes);
  }

  end(): KeptBody {
    const { stretch, asSent } = this.#stretch.end();
    return { size: this.#size, stretches: stretch ? [stretch] : [], asSent };
  }

  drop(): void {
    this.#stretch.drop();
  }
}

/** Kept in memory until it is whole, as nothing unredacted may reach the disk. */
class EncodedCapture implements BodyCapture {
  readonly #tools: BodyTools;
  readonly #contentType: string;
  readonly #codings: readonly string[];
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(tools: BodyTools, contentType: string, codings: readonly string[]) {
    this.#tools = tools;
    this.#contentType = contentType;
    this.#codings = codings;
  }

  write(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > LONGEST_ENCODED)
      throw new Unredactable(`its body is encoded and larger than ${LONGEST_ENCODED / 1024 / 1024} MiB`);
    this.#pieces.push(Buffer.from(bytes));
  }

  end(): KeptBody {
    const sent = Buffer.concat(this.#pieces);
    this.#pieces = [];
    const plain = decode(sent, this.#codings);
    const binary = looksBinary(plain.subarray(0, SNIFFED), this.#contentType);
    const redacted = binary ? plain : redactedWhole(this.#tools.redactor, plain);
    const changed = !redacted.equals(plain);
    const kept = new SingleCapture(this.#tools, this.#contentType, 'kept');
    kept.write(changed ? encode(redacted, this.#codings) : sent);
    const body = kept.end();
    const asSent = body.stretches.flatMap((stretch) => (binary && 'file' in stretch ? [stretch.file] : []));
    return { ...body, asSent, ...(changed && { resized: true }) };
  }

  drop(): void {
    this.#pieces = [];
  }
}

function redactedWhole(redactor: Redactor, plain: Buffer): Buffer {
  const stream = new RedactingStream(redactor);
  return Buffer.concat([stream.write(plain), stream.end()]);
}

class MultipartCapture implements BodyCapture {
  readonly #tools: BodyTools;
  readonly #cutter: MultipartCutter;
  readonly #kept: KeptBody = { size: 0, stretches: [], asSent: [], params: [] };
  #open: StretchCapture | undefined;

  constructor(tools: BodyTools, boundary: string) {
    this.#tools = tools;
    this.#cutter = new MultipartCutter(boundary, {
      text: (bytes) => {
        this.#open ??= new StretchCapture(tools, 'text', false, '');
        this.#open.write(bytes);
      },
      field: (info) => this.#kept.params?.push(info),
      fileStart: (info) => {
        this.#closeStretch();
        this.#kept.params?.push(info);
        this.#open = new StretchCapture(this.#tools, 'unknown', true, info.contentType ?? '');
      },
      file: (bytes) => this.#open?.write(bytes),
      fileEnd: () => this.#closeStretch(),
    });
  }

  #closeStretch(): void {
    if (!this.#open) return;
    const { stretch, asSent } = this.#open.end();
    this.#open = undefined;
    if (!stretch) return;
    this.#kept.stretches.push(stretch);
    this.#kept.asSent.push(...asSent);
    const param = this.#kept.params?.at(-1);
    if (param && 'file' in stretch) param.file ??= stretch.file;
  }

  write(bytes: Uint8Array): void {
    this.#kept.size += bytes.length;
    this.#cutter.write(bytes);
  }

  end(): KeptBody {
    this.#cutter.end();
    this.#closeStretch();
    return this.#kept;
  }

  drop(): void {
    this.#open?.drop();
  }
}

/** One stretch of one kind. */
class StretchCapture {
  readonly #tools: BodyTools;
  readonly #alwaysFile: boolean;
  readonly #contentType: string;
  /** `kept`: searched already, or not to be searched, and stored as it is. */
  #kind: 'unknown' | 'text' | 'binary' | 'kept';
  #stream: RedactingStream | undefined;
  #sniffed: Buffer = Buffer.alloc(0);
  #inline: Buffer[] = [];
  #inlineSize = 0;
  #part: SpooledPart | undefined;

  constructor(tools: BodyTools, kind: 'unknown' | 'text' | 'kept', alwaysFile: boolean, contentType: string) {
    this.#tools = tools;
    this.#contentType = contentType;
    this.#kind = kind;
    this.#alwaysFile = alwaysFile;
  }

  write(bytes: Uint8Array): void {
    if (this.#kind === 'unknown') {
      this.#sniffed = Buffer.concat([this.#sniffed, bytes]);
      if (this.#sniffed.length >= SNIFFED) this.#decide();
    } else this.#take(bytes);
  }

  end(): { stretch: Stretch | undefined; asSent: string[] } {
    if (this.#kind === 'unknown') this.#decide();
    if (this.#stream) this.#store(this.#stream.end());
    if (this.#part || this.#alwaysFile) {
      const { sha256, size } = this.#spooled().done();
      return { stretch: { file: sha256, size }, asSent: this.#kind === 'binary' ? [sha256] : [] };
    }
    const bytes = Buffer.concat(this.#inline);
    if (bytes.length === 0) return { stretch: undefined, asSent: [] };
    return {
      stretch: isUtf8(bytes) ? { text: bytes.toString('utf8') } : { base64: bytes.toString('base64') },
      asSent: [],
    };
  }

  drop(): void {
    this.#part?.drop();
  }

  #decide(): void {
    this.#kind = looksBinary(this.#sniffed, this.#contentType) ? 'binary' : 'text';
    const bytes = this.#sniffed;
    this.#sniffed = Buffer.alloc(0);
    this.#take(bytes);
  }

  #take(bytes: Uint8Array): void {
    if (this.#kind === 'text') this.#stream ??= new RedactingStream(this.#tools.redactor);
    this.#store(this.#stream ? this.#stream.write(bytes) : bytes);
  }

  #store(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#part || this.#alwaysFile || this.#inlineSize + bytes.length > LONGEST_INLINE)
      this.#spooled().write(bytes);
    else {
      this.#inline.push(Buffer.from(bytes));
      this.#inlineSize += bytes.length;
    }
  }

  #spooled(): SpooledPart {
    if (this.#part) return this.#part;
    this.#part = this.#tools.spool.part();
    for (const piece of this.#inline) this.#part.write(piece);
    this.#inline = [];
    return this.#part;
  }
}

const signatures = ['%PDF-', 'PK\x03\x04', '\x89PNG', '\xff\xd8\xff', 'GIF8', '\x1f\x8b', '%!PS'];

const textual =
  /^\s*(?:text\/|application\/(?:[\w.+-]*\b(?:json|xml|x-www-form-urlencoded|graphql|javascript|yaml|x-ndjson)))/i;

/**
 * By its contents, not by its name: whatever is not certainly binary is searched for secrets. A body whose content type
 * is a text's is always searched.
 */
function looksBinary(start: Buffer, contentType: string): boolean {
  if (textual.test(contentType)) return false;
  const text = start.toString('latin1');
  if (signatures.some((signature) => text.startsWith(signature))) return true;
  // UTF-16 and UTF-32 texts have zero bytes at every other place; noise has other control characters as well.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const controls = text.match(/[\x01-\x08\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
  return controls > text.length / 32;
}
