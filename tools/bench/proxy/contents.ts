/** What the upstream serves, under paths that are routes of the chatbot, so that the gateway matches and reads flags. */

export const small = {
  path: '/api/chats',
  type: 'application/json',
  body: Buffer.from(
    `${JSON.stringify([
      {
        id: '3f1c6a52-8d0e-4c4e-9a60-6a1f1f0c2b7d',
        title: 'New Chat 1',
        created_at: '2026-01-31T09:15:00.123456Z',
        updated_at: '2026-01-31T09:15:00.123456Z',
        message_count: 0,
        has_pdf: false,
        pdf_count: 0,
      },
    ])}\n`,
  ),
};

export const large = {
  path: '/api/chats/3f1c6a52-8d0e-4c4e-9a60-6a1f1f0c2b7d',
  type: 'application/json',
  body: Buffer.alloc(1024 * 1024, 'x'),
};

export const contents = [small, large];

export const uploadPath = '/api/chats/3f1c6a52-8d0e-4c4e-9a60-6a1f1f0c2b7d/upload-pdf';
export const uploadSize = 50 * 1024 * 1024;
/** How fast the upstream takes an upload, in bytes a second: slower than the client, so that a proxy that buffers shows. */
export const uploadRate = 25 * 1024 * 1024;
