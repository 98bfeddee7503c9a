/** The bodies of the public contract, as schemas of the OpenAPI document. */
import { z } from '@hono/zod-openapi';

export const Id = z.uuid({ version: 'v4' }).openapi({ example: '0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11' });

export const Timestamp = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .openapi({
    description: 'Local wall time of the server with a literal Z, six fractional digits.',
    example: '2026-01-31T09:15:00.123456Z',
  });

export const Failure = z.object({ error: z.string() }).openapi('Error');

export const Acknowledgement = z.object({ message: z.string() }).openapi('Acknowledgement');

export const Health = z
  .object({
    status: z.literal('healthy'),
    timestamp: Timestamp,
    llamaparse: z.enum(['available', 'unavailable']),
  })
  .openapi('Health');

export const ChatPdf = z
  .object({
    name: z.string(),
    upload_time: Timestamp,
    chunks_added: z.int(),
    status: z.literal('active'),
  })
  .openapi('ChatPdf');

export const Chat = z
  .object({
    id: Id,
    title: z.string(),
    created_at: Timestamp,
    updated_at: Timestamp,
    message_count: z.int(),
    has_pdf: z.boolean(),
    pdf_count: z.int(),
    pdf_list: z.array(ChatPdf),
  })
  .openapi('Chat');

export const Message = z
  .object({ id: Id, text: z.string().nullable(), sender: z.enum(['user', 'bot']), timestamp: Timestamp })
  .openapi('Message');

export const RenameRequest = z.object({ title: z.string() }).openapi('RenameRequest');

export const MessageRequest = z.object({ message: z.string() }).openapi('MessageRequest');

export const Source = z
  .object({
    id: z.int().min(1),
    source: z.string(),
    location: z.string().openapi({ example: 'Page 3' }),
    doc_type: z.literal('pdf'),
    content_type: z.enum(['text', 'table']),
    content: z.string().max(800),
    full_content: z.string(),
    page: z.string(),
  })
  .openapi('Source');

export const MessageReply = z
  .object({ reply: z.string().nullable(), sources: z.array(Source), message_count: z.int() })
  .openapi('MessageReply');

export const UploadRequest = z
  .object({ pdf: z.custom<Blob>().openapi({ type: 'string', format: 'binary' }) })
  .openapi('UploadRequest');

export const UploadAccepted = z
  .object({ message: z.literal('Upload accepted'), job_id: Id, processing: z.literal(true) })
  .openapi('UploadAccepted');

export const JobStatus = z.enum(['queued', 'processing', 'done', 'error']);

export const Job = z
  .object({
    job_id: Id,
    status: JobStatus,
    started_at: Timestamp,
    chat_id: z.string(),
    filename: z.string(),
    finished_at: Timestamp.optional(),
    chunks_added: z.int().optional(),
    error: z.string().optional(),
  })
  .openapi('Job');

export const ListedPdf = z
  .object({ name: z.string(), chunks: z.int(), status: z.literal('active') })
  .openapi('ListedPdf');

export const Documents = z
  .object({
    chat_id: z.string(),
    pdfs: z.array(ListedPdf),
    xlsx: z.array(z.unknown()).max(0),
    processing: z.array(z.object({ name: z.string(), job_id: Id, status: JobStatus })),
    total_docs: z.int(),
  })
  .openapi('Documents');

export const ChatPdfs = z
  .object({ chat_id: z.string(), pdfs: z.array(ListedPdf), total_pdfs: z.int() })
  .openapi('ChatPdfs');

export const AllPdfs = z
  .object({
    pdfs: z.array(ListedPdf.extend({ chat_id: Id, chat_title: z.string(), uploaded_at: Timestamp })),
    total_pdfs: z.int(),
  })
  .openapi('AllPdfs');

export const PdfRemoved = z
  .object({ message: z.literal('PDF removed successfully'), chat_id: z.string(), pdf_name: z.string() })
  .openapi('PdfRemoved');
