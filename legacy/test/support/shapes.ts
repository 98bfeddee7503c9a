/** The bodies of the app's answers. */
export interface Chat {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  message_count: number;
  has_pdf: boolean;
  pdf_count: number;
  pdf_list: { name: string; upload_time: string; chunks_added: number; status: string }[];
}

export interface Message {
  id: string;
  text: string | null;
  sender: 'user' | 'bot';
  timestamp: string;
}

export interface Source {
  id: number;
  source: string;
  location: string;
  doc_type: string;
  content_type: string;
  content: string;
  full_content: string;
  page: string;
}

export interface MessageReply {
  reply: string | null;
  sources: Source[];
  message_count: number;
}

export interface UploadAccepted {
  message: string;
  job_id: string;
  processing: boolean;
}

export interface Job {
  job_id: string;
  status: string;
  started_at: string;
  chat_id: string;
  filename: string;
  finished_at?: string;
  chunks_added?: number;
  error?: string;
}

export interface Docs {
  chat_id: string;
  pdfs: { name: string; chunks: number; status: string }[];
  xlsx: unknown[];
  processing: { name: string; job_id: string; status: string }[];
  total_docs: number;
}

export interface ChatPdfs {
  chat_id: string;
  pdfs: { name: string; chunks: number; status: string }[];
  total_pdfs: number;
}

export interface AllPdfs {
  pdfs: {
    chat_id: string;
    chat_title: string;
    name: string;
    chunks: number;
    status: string;
    uploaded_at: string;
  }[];
  total_pdfs: number;
}

export interface Failure {
  error: string;
}

export const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
