import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asLegacy, quirksWithout } from '../../quirks.ts';
import { type MultipartVerdict, type Oracle, seeded, startOracle } from '../testing/oracle.ts';
import { readFormFile } from './read-file.ts';

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

interface Outcome {
  file?: { filename: string; content: string };
  error?: string;
  missing?: true;
}

/** Reads a body that comes in the given pieces. */
async function ours(type: string | undefined, pieces: Uint8Array[]): Promise<Outcome & { ended: string[] }> {
  const ended: string[] = [];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const rawHeaders = [
    'Content-Length',
    String(length),
    ...(type === undefined ? [] : ['Content-Type', type]),
  ];
  const open = () => {
    const chunks: Uint8Array[] = [];
    return {
      write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)),
      finish: () => {
        ended.push('finished');
        return Buffer.concat(chunks).toString('base64');
      },
      discard: () => void ended.push('discarded'),
    };
  };
  const body = Readable.from(pieces, { objectMode: false });
  const result = await readFormFile({ rawHeaders, body }, 'pdf', open, asLegacy);
  if ('fault' in result) return { error: result.fault.error, ended };
  if ('missing' in result) return { missing: true, ended };
  return { file: { filename: result.filename, content: result.kept }, ended };
}

function expected({ files = [], error }: MultipartVerdict): Outcome {
  if (error !== undefined) return { error };
  const found = files.find(([name]) => name === 'pdf');
  return found ? { file: { filename: found[1], content: found[2] } } : { missing: true };
}

async function compare(type: string | undefined, body: Uint8Array, pieces = [body]) {
  const [mine, python] = [await ours(type, pieces), expected(await oracle.multipart(type, body))];
  const { ended, ...outcome } = mine;
  expect(outcome, `${type}\n${Buffer.from(body).toString('latin1').slice(0, 2000)}`).toEqual(python);
  if (mine.file) expect(ended).toEqual(['finished']);
  else expect(ended).not.toContain('finished');
  return mine;
}

const form = (boundary = 'b') => `multipart/form-data; boundary=${boundary}`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const part = (disposition: string, content = 'x') =>
  `--b\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
const file = (rest = 'filename="a.pdf"', content = 'x') => part(`form-data; name="pdf"; ${rest}`, content);

describe('names of files', () => {
  test.each([
    'filename="a.pdf"',
    'filename=a.pdf',
    'filename=""',
    'filename=',
    'filename',
    'filename=" a .pdf "',
    'filename="C:\\dir\\a.pdf"',
    'filename="C:\\\\dir\\\\a.pdf"',
    'filename="a\\"b.pdf"',
    'filename="a%22b.pdf"',
    'filename="../../etc/a.pdf"',
    'filename="a;b.pdf"',
    'filename="a.pdf',
    'filename=a"b.pdf',
    'filename="a.pdf"; filename="b.pdf"',
    "filename=a.pdf; filename*=utf-8''%E2%82%AC.pdf",
    "filename*=utf-8''%E2%82%AC.pdf; filename=a.pdf",
    "filename*=UTF-8'de'%C3%A9%2F%22.pdf",
    "filename*=iso-8859-1''%E9.pdf",
    "filename*=us-ascii''%E9.pdf",
    "filename*=koi8-r''%E9.pdf",
    "filename*=utf-8''%ff%C3.pdf",
    "filename*=''a.pdf",
    'filename*=a.pdf',
    'filename*="utf-8\'\'a.pdf"',
    'filename*=utf-8\'\'"a.pdf"',
    'filename*0=a; filename*1=b.pdf',
    "filename*0*=utf-8''%C3; filename*1*=%A9; filename*2=.pdf",
    'filename*1=b.pdf; filename*0=a',
    'FILENAME="A.PDF"',
    'filename = "a.pdf"',
    'filename="é😀.pdf"',
    'filename="&#8364;.pdf"',
    'filename="a.pdf" ;',
    'filename="a\tb.pdf"',
    'x; ;; filename="a.pdf"',
    `filename="${'n'.repeat(400)}.pdf"`,
  ])('%s', async (rest) => {
    const body = Buffer.from(`${file(rest)}--b--\r\n`);
    await compare(form(), body);
  });

  test('are kept as sent, with their directories', async () => {
    const result = await ours(form(), [latin1(`${file('filename="../x\\\\y/<b>.pdf"')}--b--`)]);
    expect(result.file?.filename).toBe('../x\\y/<b>.pdf');
  });
});

test.each([
  ['no type', undefined],
  ['an empty type', ''],
  ['another type', 'application/pdf'],
  ['another kind of multipart', 'multipart/mixed; boundary=b'],
  ['no boundary', 'multipart/form-data'],
  ['an empty boundary', 'multipart/form-data; boundary='],
  ['a quoted boundary', 'multipart/form-data; boundary="b"'],
  ['an empty quoted boundary', 'multipart/form-data; boundary=""'],
  ['blanks and capitals', ' Multipart/Form-Data ;  Boundary=b ; x=y'],
  ['two boundaries', 'multipart/form-data; boundary=c; boundary=b'],
  ['a boundary that is not ASCII', 'multipart/form-data; boundary="\xe9"'],
  ['a boundary in RFC 2231', "multipart/form-data; boundary*=utf-8''b"],
  ['the wrong boundary', 'multipart/form-data; boundary=c'],
  ['a form that is urlencoded', 'application/x-www-form-urlencoded'],
])('%s', async (_, type) => {
  await compare(type, latin1(`${file()}--b--\r\n`));
});

test('a boundary that is not ASCII is none, though the body has it', async () => {
  const body = latin1(`${file()}--b--`.replaceAll('--b', '--\xe9'));
  expect(await compare(form('"\xe9"'), body)).toMatchObject({ missing: true });
});

test('boundaries with every odd character', async () => {
  for (const odd of [..."'()+_,-./:=? .*+?^$|[]{}\\#&~`!@%;<>\t", 'b--', '--', 'B b']) {
    const boundary = `x${odd}y`;
    const content = `--${boundary}\r\nContent-Disposition: form-data; name=pdf; filename=a.pdf\r\n\r\nz\r\n--${boundary}--`;
    await compare(form(`"${boundary.replaceAll('\\', '\\\\')}"`), latin1(content));
    await compare(form(boundary), latin1(content));
  }
});

test.each([
  ['nothing', ''],
  ['the end alone', '--b--'],
  ['the end alone, with a line break', '--b--\r\n'],
  ['a preamble', `pre\r\nface\r\n${file()}--b--`],
  ['a preamble that looks like a boundary', `--bx\r\n--b\n${file()}--b--`],
  ['no line break before the first boundary', `pre${file()}--b--`],
  ['an epilogue', `${file()}--b--\r\nepi\r\n${file()}`],
  ['an epilogue without a line break', `${file()}--b--epilogue`],
  ['the end without dashes', `${file()}--b`],
  ['one dash', `${file()}--b-`],
  ['no end', file()],
  ['a head that does not end', '--b\r\nContent-Disposition: form-data; name=pdf; filename=a.pdf\r\n'],
  ['a part without a head', `--b\r\n\r\nx\r\n${file()}--b--`],
  ['a part without a disposition', `--b\r\nContent-Type: a/b\r\n\r\nx\r\n${file()}--b--`],
  ['a good part before a broken one', `${file()}--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--`],
  ['a part without a name', `${part('form-data; filename=a.pdf')}${file()}--b--`],
  ['a field of the name', `${part('form-data; name=pdf')}${file()}--b--`],
  ['only a field of the name', `${part('form-data; name=pdf')}--b--`],
  ['two files', `${file('filename=1.pdf', 'one')}${file('filename=2.pdf', 'two')}--b--`],
  ['a file of another name', `${part('form-data; name=PDF; filename=a.pdf')}--b--`],
  ['a disposition of another kind', `${part('attachment; name=pdf; filename=a.pdf')}--b--`],
  ['a disposition without a kind', `${part('; name=pdf; filename=a.pdf')}--b--`],
  [
    'two dispositions',
    `--b\r\nContent-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\nx\r\n--b--`,
  ],
  [
    'a folded head',
    '--b\r\nContent-Disposition: form-data;\r\n name=pdf;\r\n\tfilename=a.pdf\r\n\r\nx\r\n--b--',
  ],
  [
    'a head in capitals',
    '--b\r\n CONTENT-DISPOSITION : form-data; name=pdf; filename=a.pdf\r\n\r\nx\r\n--b--',
  ],
  [
    'a head that is not UTF-8',
    '--b\r\nX: \xff\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\nx\r\n--b--',
  ],
  [
    'a head line without a colon',
    '--b\r\nnonsense\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\nx\r\n--b--',
  ],
  ['line feeds alone', `${file().replaceAll('\r', '')}--b--\n`],
  ['returns alone', `${file().replaceAll('\n', '')}--b--\r`],
  ['mixed line breaks', `${file().replace('\r\n\r\n', '\n\r\n')}--b--`],
  ['blanks behind the boundary', `${file().replace('--b', '--b \t\x0b\x0c')}--b-- \t`],
  ['other things behind the boundary', `${file().replace('--b', '--b x')}--b--`],
  ['an empty file', `${file('filename=a.pdf', '')}--b--`],
  ['a file of line breaks', `${file('filename=a.pdf', '\r\n\r\n\n\r\r\n')}--b--`],
  ['a boundary inside a line', `${file('filename=a.pdf', 'x--b\r\ny')}--b--`],
  ['a longer boundary inside', `${file('filename=a.pdf', 'x\r\n--bb\r\ny')}--b--`],
  [
    'a nested form',
    file('filename=a.pdf', 'Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--') +
      '--b--',
  ],
  ['all bytes', `${file('filename=a.pdf', String.fromCharCode(...Array(256).keys()))}--b--`],
  [
    'a transfer encoding',
    `--b\r\nContent-Disposition: form-data; name=pdf; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--`,
  ],
])('%s, whole and cut at every byte', async (_, text) => {
  const body = latin1(text);
  const whole = await compare(form(), body);
  for (let cut = 1; cut < body.length; cut++) {
    const split = await ours(form(), [body.subarray(0, cut), body.subarray(cut)]);
    expect(split, `cut at ${cut}`).toEqual(whole);
  }
  for (let end = 0; end < body.length; end += 7) await compare(form(), body.subarray(0, end));
});

describe('limits', () => {
  const field = (size: number) => part('form-data; name=x', 'f'.repeat(size));
  test.each([499_999, 500_000, 500_001])('a field of %i bytes', async (size) => {
    await compare(form(), latin1(`${field(size)}${file()}--b--`));
  });

  test.each([434_000, 499_900, 500_000, 500_100, 600_000])(
    'a preamble or an epilogue of %i bytes',
    async (size) => {
      await compare(form(), latin1(`${'p'.repeat(size)}\r\n${file()}--b--`));
      await compare(form(), latin1(`${file()}--b--${'e'.repeat(size)}`));
      await compare(
        form(),
        latin1(
          `--b\r\nX: ${'h'.repeat(size)}\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\nx\r\n--b--`,
        ),
      );
    },
  );

  test.each([999, 1000, 1001])('%i parts', async (count) => {
    await compare(form(), latin1(`${part('form-data; name=x').repeat(count - 1)}${file()}--b--`));
  });

  test('they count by the blocks that Werkzeug reads', async () => {
    const long = file('filename=a.pdf', 'x'.repeat(200_000));
    for (const size of [455_000, 470_000])
      await compare(form(), latin1(`${'p'.repeat(size)}\r\n${long}--b--`));
  });

  test('a file that is one long line behind a line break is not held back', async () => {
    await compare(form(), latin1(`${file('filename=a.pdf', `\n${'x'.repeat(600_000)}`)}--b--`));
  });

  test('a file that has its own boundary in it, far from a line break', async () => {
    await compare(
      form('bbbb'),
      latin1(
        `--bbbb\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\n\n--bbbb ${'x'.repeat(700_000)}\r\n--bbbb--`,
      ),
    );
    await compare(
      form('bbbb'),
      latin1(
        `--bbbb\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\nx--bbbb ${'x'.repeat(300_000)}\r\n--bbbb--`,
      ),
    );
  });

  test('a urlencoded body of 500,000 bytes passes and one more does not', async () => {
    for (const size of [500_000, 500_001])
      await compare('application/x-www-form-urlencoded', latin1('a'.repeat(size)));
  });

  test('they answer 413 once client errors are themselves', async () => {
    const body = Readable.from([latin1(`${field(600_000)}--b--`)]);
    const open = () => ({ write() {}, finish: () => null, discard() {} });
    const request = { rawHeaders: ['content-type', form()], body };
    const error = '413 Request Entity Too Large: The data value transmitted exceeds the capacity limit.';
    const quirks = quirksWithout(['client-errors-as-500']);
    expect(await readFormFile(request, 'pdf', open, quirks)).toEqual({ fault: { status: 413, error } });
  });
});

const snippets = [
  ...[
    '--b',
    '--b\r\n',
    '\r\n--b\r\n',
    '\n--b\n',
    '\r--b\r',
    '--b--',
    '\r\n--b--\r\n',
    '--',
    'b',
    '-',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
  ],
  ...[
    'Content-Disposition: form-data; name=pdf; filename=a.pdf\r\n\r\n',
    'content-disposition:form-data;name="pdf";filename="é"\n\n',
  ],
  ...[
    'Content-Disposition: form-data; name=x\r\n\r\n',
    'Content-Type: a/b\r\n',
    ' ',
    '\t',
    ':',
    '\xe9',
    '\0',
    'data',
    'x'.repeat(40),
  ],
];

test.each([1, 2])(
  '4,000 forms put together at random, in random pieces, from seed %i',
  async (seed) => {
    const below = seeded(seed);
    for (let i = 0; i < 4000; i++) {
      const start = below(3) ? snippets[14 + below(3)] : '';
      const text = Array.from({ length: below(14) }, () => snippets[below(snippets.length)] ?? '').join('');
      const body = Buffer.from(
        `${below(5) ? '--b\r\n' : ''}${start}${text}${below(3) ? '\r\n--b--\r\n' : ''}`,
        'utf8',
      );
      const pieces: Buffer[] = [];
      for (let at = 0; at < body.length; ) {
        const size = 1 + below(40);
        pieces.push(body.subarray(at, at + size));
        at += size;
      }
      await compare(form(), body, pieces);
    }
  },
  120_000,
);

test('forms of several blocks, with boundaries wherever blocks meet', async () => {
  const below = seeded(3);
  for (let i = 0; i < 60; i++) {
    const head = '--bb\r\nContent-Disposition: form-data; name=pdf; filename=a\r\n\r\n';
    const near = 65_536 * (1 + below(3)) - head.length - 12 + below(24);
    const ending =
      ['\r\n--bb--', '\n--bb--', '\r\n--bbx\r\n--bb--', '\r\n-', '\r\n--b', '\r\n--bb \r\n\r\n'][below(6)] ??
      '';
    const filler = (['x', '\n', '\r\n', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'][below(4)] ?? 'x')
      .repeat(near)
      .slice(0, near);
    await compare(form('bb'), latin1(`${head}${filler}${ending}${'y'.repeat(below(70_000))}\r\n--bb--`));
  }
}, 60_000);

const markers = ['', '', "utf-8''", "''", "iso-8859-1'de'", "ASCII''", "koi8-r''"];
const values = ['%C3%A9', '%E9', 'x', '"x\\"y%22"', '""', '%'];

test('10,000 parameter lists are read as Werkzeug reads them', async () => {
  const { parseOptionsHeader } = await import('@banyan/operations/http/options-header.ts');
  const below = seeded(4);
  const bits = [
    ...'aA;;;=="\'*%\\ é\t',
    '*0',
    '*1',
    "utf-8''",
    "''",
    "latin1''",
    "iso-8859-1''",
    "ascii'en'",
    '%C3%A9',
    '%22',
    '%ff',
    'name',
    'filename',
    '"a"',
    '; ',
    '*=',
    '0*=',
    '\x85',
    '\\"',
  ];
  for (let i = 0; i < 10_000; i++) {
    const any = (from: readonly string[]) => from[below(from.length)] ?? '';
    const parameter = () => `${any(['a', 'A*', 'a*0', 'a*0*', 'a*1*', 'b*'])}=${any(markers)}${any(values)}`;
    const parts = i % 2 ? Array.from({ length: below(5) }, parameter).join(any([';', '; '])) : '';
    const header = `form-data; ${parts || Array.from({ length: below(16) }, () => any(bits)).join('')}`;
    const [value, options] = await oracle.options(header);
    const ours = parseOptionsHeader(header);
    expect([ours.value, Object.fromEntries(ours.options)], header).toEqual([value, options]);
  }
}, 60_000);

describe('while a file comes', () => {
  const head = latin1('--b\r\nContent-Disposition: form-data; name=pdf; filename=a.pdf\r\n\r\n');

  test('it is handed on, and never held', async () => {
    let most = 0;
    let received = 0;
    let sent = 0;
    const size = 8 * 1024 * 1024;
    async function* body() {
      yield head;
      for (; sent < size; sent += 16_384) yield Buffer.alloc(16_384, 'x');
      yield latin1('\r\n--b--');
    }
    const open = () => ({
      async write(bytes: Uint8Array) {
        received += bytes.length;
        most = Math.max(most, sent - received);
        await new Promise(setImmediate);
      },
      finish: () => received,
      discard() {},
    });
    const request = {
      rawHeaders: ['content-type', form()],
      body: Readable.from(body(), { objectMode: false, highWaterMark: 16_384 }),
    };
    expect(await readFormFile(request, 'pdf', open, asLegacy)).toEqual({ filename: 'a.pdf', kept: size });
    expect(most).toBeLessThan(300_000);
  });

  test('a client that goes away leaves nothing', async () => {
    const ended: string[] = [];
    async function* body() {
      yield head;
      yield Buffer.alloc(200_000, 'x');
      throw new Error('aborted');
    }
    const open = () => ({
      write() {},
      finish: () => ended.push('finished'),
      discard: () => void ended.push('discarded'),
    });
    const request = { rawHeaders: ['content-type', form()], body: Readable.from(body()) };
    await expect(readFormFile(request, 'pdf', open, asLegacy)).rejects.toThrow('aborted');
    expect(ended).toEqual(['discarded']);
  });

  test('what follows a broken part is let go by unread', async () => {
    let sent = 0;
    async function* generate() {
      yield Buffer.concat([head, latin1('x\r\n--b\r\nContent-Type: a/b\r\n\r\n')]);
      for (; sent < 4_000_000; sent += 100_000) yield Buffer.alloc(100_000, 'x');
    }
    const body = Readable.from(generate());
    const ended = new Promise((resolve) => body.once('end', resolve));
    const endings: string[] = [];
    const open = () => ({ write() {}, finish() {}, discard: () => void endings.push('discarded') });
    const request = { rawHeaders: ['content-type', form()], body };
    expect(await readFormFile(request, 'pdf', open, asLegacy)).toEqual({ missing: true });
    expect(sent).toBeLessThan(1_000_000);
    expect(endings).toEqual(['discarded']);
    await ended;
  });

  test('a disk that is full leaves nothing, and its error is the caller’s', async () => {
    const ended: string[] = [];
    const open = () => ({
      write() {
        throw new Error('no space left');
      },
      finish: () => ended.push('finished'),
      discard: () => void ended.push('discarded'),
    });
    const body = Readable.from([head, Buffer.alloc(200_000), latin1('\r\n--b--')]);
    const request = { rawHeaders: ['content-type', form()], body };
    await expect(readFormFile(request, 'pdf', open, asLegacy)).rejects.toThrow('no space left');
    expect(ended).toEqual(['discarded']);
  });
});
