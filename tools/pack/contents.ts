/** What the package is made of. docs/package.md describes the entry points, and a test compares the two. */

/** The workspace at the root of the package; the others are bundled in its node_modules. */
export const GATEWAY = 'gateway';
export const bundled = ['route-table', 'operations', 'compare', 'suite'] as const;
export const parts = [GATEWAY, ...bundled];

/** The command that the package installs, and its source. */
export const bin = { name: 'banyan-gateway', file: 'gateway/bin/banyan-gateway.ts' };

export interface EntryPoint {
  /** What an importer writes behind the name of the package. */
  path: '.' | `./${string}`;
  /** The files whose exports it has. */
  files: readonly string[];
}

export const entryPoints: readonly EntryPoint[] = [
  {
    path: '.',
    files: [
      'gateway/gateway.ts',
      'gateway/application.ts',
      'gateway/settings.ts',
      'gateway/log.ts',
      'gateway/errors.ts',
      'gateway/alone/alone.ts',
      'gateway/backends/backend.ts',
      'gateway/backends/http/http-backend.ts',
      'gateway/backends/in-process/in-process-backend.ts',
    ],
  },
  {
    path: './route-table',
    files: [
      'route-table/route-table.ts',
      'route-table/checks.ts',
      'route-table/dialect.ts',
      'route-table/match.ts',
    ],
  },
  { path: './compare', files: ['compare/compare.ts', 'compare/answer.ts', 'compare/accept.ts'] },
  {
    path: './suite',
    files: [
      'suite/application.ts',
      'suite/suite.ts',
      'suite/suite-options.ts',
      'suite/result.ts',
      'gateway/record/read-recording.ts',
      'suite/accepted.ts',
      'suite/evidence.ts',
    ],
  },
  {
    path: './operations',
    files: [
      'operations/operation.ts',
      'operations/store.ts',
      'operations/internal-headers.ts',
      'operations/connections/server.ts',
      'operations/db/session.ts',
      'operations/tracing/spans.ts',
    ],
  },
];

/**
 * The oldest Node that the package runs on: undici asks for it, and `node:zlib` has Zstandard since 22.15. pack.test.ts
 * compares it with what the dependencies ask for.
 */
export const OLDEST_NODE = '22.19.0';

/** Packages of the application and of its model, which must not come with the tool. */
export const forbidden =
  /^(onnxruntime|@huggingface\/|@langchain\/|langchain|mupdf$|pdf-parse$|pdfjs|node$|bullmq$)/;
