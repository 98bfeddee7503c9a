/** The strip of PDFs: those of the chat, and those on their way. */
import type { Chat } from './api.ts';
import { byId, el, showList } from './dom.ts';
import type { Upload } from './uploads.ts';

export interface DocumentActions {
  remove(name: string): void;
  dismiss(upload: Upload): void;
}

type Row = { pdf: Chat['pdf_list'][number] } | { upload: Upload };

export function showDocuments(chat: Chat, uploads: Upload[], actions: DocumentActions): void {
  const rows: Row[] = [...chat.pdf_list.map((pdf) => ({ pdf })), ...uploads.map((upload) => ({ upload }))];
  showList(
    byId('pdfs', HTMLUListElement),
    rows,
    (row) =>
      `${chat.id} ${'pdf' in row ? `pdf ${row.pdf.name}` : `${row.upload.key} ${row.upload.state} ${row.upload.note}`}`,
    (row) => ('pdf' in row ? pdfRow(row.pdf, actions) : uploadRow(row.upload, actions)),
    (element, row) => {
      const bar = element.querySelector('progress');
      if (bar && 'upload' in row && row.upload.state === 'sending') bar.value = row.upload.sent;
    },
  );
}

function pdfRow(pdf: Chat['pdf_list'][number], actions: DocumentActions): HTMLElement {
  return el(
    'li',
    { className: 'pdf' },
    name(pdf.name),
    el('span', { className: 'quiet' }, pdf.chunks_added === 1 ? '1 passage' : `${pdf.chunks_added} passages`),
    el('button', {
      type: 'button',
      className: 'remove',
      textContent: '×',
      ariaLabel: `Remove ${pdf.name}`,
      title: 'Remove this PDF',
      onclick: () => actions.remove(pdf.name),
    }),
  );
}

function uploadRow(upload: Upload, actions: DocumentActions): HTMLElement {
  const over = upload.state === 'failed' || upload.note !== undefined;
  return el(
    'li',
    { className: `pdf ${over ? 'failed' : 'on-its-way'}` },
    name(upload.name),
    over ? el('span', { role: 'alert' }, upload.note) : el('span', { className: 'quiet' }, stage(upload)),
    over ? undefined : progress(upload),
    over
      ? el('button', {
          type: 'button',
          className: 'remove',
          textContent: '×',
          ariaLabel: `Dismiss the message about ${upload.name}`,
          title: 'Dismiss',
          onclick: () => actions.dismiss(upload),
        })
      : undefined,
  );
}

const name = (text: string) => el('span', { className: 'name', title: text }, text);

const stage = (upload: Upload) => (upload.state === 'sending' ? 'Uploading' : 'Reading');

function progress(upload: Upload): HTMLProgressElement {
  const bar = el('progress', { max: 1, ariaLabel: `${stage(upload)} ${upload.name}` });
  // Without a value the bar says that it is busy.
  if (upload.state === 'sending') bar.value = upload.sent;
  return bar;
}
