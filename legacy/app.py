"""
RAG chatbot backend.

Chats, PDF uploads and answers from the PDFs. Flask + ChromaDB + Gemini.

    GEMINI_API_KEY=... python app.py
"""

import json
import os
import re
import shutil
import threading
import uuid
from datetime import datetime
from io import BytesIO

import chromadb
import fitz  # PyMuPDF
import numpy as np
import onnxruntime
import pdfplumber
from chromadb.config import Settings
from flask import Flask, jsonify, request
from flask_cors import CORS
from google import genai
from google.genai import types
from tokenizers import Tokenizer

try:
    import pytesseract
    from PIL import Image

    OCR_AVAILABLE = shutil.which("tesseract") is not None
except ImportError:
    OCR_AVAILABLE = False

app = Flask(__name__)
CORS(app)

# ---- Configuration ---------------------------------------------------------

HOST = os.environ.get("LEGACY_HOST", "127.0.0.1")
PORT = int(os.environ.get("LEGACY_PORT", "5050"))

GEMINI_API_KEY = os.environ.get("GEMINI_API_KEY") or "YOUR_GEMINI_API_KEY"
GEMINI_MODEL = "gemini-2.0-flash-exp"
LLAMA_CLOUD_API_KEY = os.environ.get("LLAMA_CLOUD_API_KEY")

CHAT_HISTORY_FILE = "chat_history.json"
CHROMA_DIR = "chroma_db"
MINILM_DIR = os.environ.get("MINILM_DIR", "./all-MiniLM-L6-v2")

MAX_PDFS_PER_CHAT = 5
MAX_FILE_SIZE = 50 * 1024 * 1024
MAX_CHUNKS_PER_DOC = 2000
CHUNK_SIZE = 1000  # words
CHUNK_OVERLAP = 200  # words
MAX_TOKENS = 256
HISTORY_TURNS = 10
TOP_K = 15
OCR_DPI = 200

# ---- Global state ----------------------------------------------------------

chat_history = []      # all chats, newest first
chat_memories = {}     # chat_id -> [{role, parts, timestamp}]
documents = {}         # chat_id -> [{doc_id, name, chunks, status}]
processing_jobs = {}   # job_id -> {status, started_at, chat_id, filename, ...}

gemini_client = genai.Client(api_key=GEMINI_API_KEY)
chroma_client = chromadb.PersistentClient(
    path=CHROMA_DIR,
    settings=Settings(anonymized_telemetry=False),
)


def get_timestamp():
    return datetime.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---- Embeddings (all-MiniLM-L6-v2 in onnxruntime) --------------------------

class EmbeddingModel:
    def __init__(self, model_dir):
        self.tokenizer = Tokenizer.from_file(os.path.join(model_dir, "tokenizer.json"))
        self.tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # every upload already has a thread of its own
        self.session = onnxruntime.InferenceSession(
            os.path.join(model_dir, "onnx", "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
        )

    def encode(self, text):
        encoded = self.tokenizer.encode(text)
        input_ids = np.array([encoded.ids], dtype=np.int64)
        attention_mask = np.array([encoded.attention_mask], dtype=np.int64)
        hidden = self.session.run(None, {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": np.zeros_like(input_ids),
        })[0]
        # mean pooling over the real tokens, then unit length
        mask = attention_mask[:, :, np.newaxis].astype(np.float32)
        pooled = (hidden * mask).sum(axis=1) / np.clip(mask.sum(axis=1), 1e-9, None)
        norm = np.linalg.norm(pooled, axis=1, keepdims=True)
        return (pooled / np.clip(norm, 1e-12, None))[0].astype(np.float32).tolist()


print("Loading embedding model...")
embedding_model = EmbeddingModel(MINILM_DIR)


# ---- Storage ---------------------------------------------------------------

def load_chat_history():
    global chat_history
    try:
        if os.path.exists(CHAT_HISTORY_FILE):
            with open(CHAT_HISTORY_FILE, "r", encoding="utf-8") as f:
                chat_history = json.load(f)
    except Exception:
        app.logger.exception("could not load %s", CHAT_HISTORY_FILE)
        chat_history = []


def save_chat_history():
    try:
        with open(CHAT_HISTORY_FILE, "w", encoding="utf-8") as f:
            json.dump(chat_history, f, indent=2, ensure_ascii=False)
    except OSError:
        app.logger.exception("could not save %s", CHAT_HISTORY_FILE)


def memory_file(chat_id):
    return f"memory_{chat_id}.json"


def get_memory(chat_id):
    if chat_id in chat_memories:
        return chat_memories[chat_id]
    try:
        with open(memory_file(chat_id), "r", encoding="utf-8") as f:
            memory = json.load(f)
    except FileNotFoundError:
        memory = []
    except Exception:
        app.logger.exception("could not load the memory of %s", chat_id)
        return []
    chat_memories[chat_id] = memory
    return memory


def save_memory(chat_id, memory):
    try:
        with open(memory_file(chat_id), "w", encoding="utf-8") as f:
            chat_memories[chat_id] = memory
            json.dump(memory, f, indent=2, ensure_ascii=False)
    except Exception:
        app.logger.exception("could not save the memory of %s", chat_id)


def find_chat(chat_id):
    for chat in chat_history:
        if chat["id"] == chat_id:
            return chat
    return None


def collection_name(chat_id):
    return f"chat_{chat_id}"


def drop_collection(chat_id):
    try:
        chroma_client.delete_collection(name=collection_name(chat_id))
    except Exception:
        pass  # there is none


# ---- PDF processing --------------------------------------------------------

def clean_text(text):
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"[^\w\s.,;:!?\-()\[\]\"'/@#$%&*+=]", " ", text)
    return text.strip()


def sanitize_source(filename):
    return re.sub(r"[^\w\s\-.,/]", "_", filename).strip()


def extract_pages(pdf_bytes):
    """[(page number, text)] of the pages that have text."""
    pages = []
    try:
        doc = fitz.open(stream=pdf_bytes, filetype="pdf")
        for page_num in range(len(doc)):
            text = doc[page_num].get_text()
            if text.strip():
                pages.append((page_num + 1, text))

        if not pages and OCR_AVAILABLE:
            # probably a scan
            for page_num in range(len(doc)):
                pix = doc[page_num].get_pixmap(dpi=OCR_DPI)
                image = Image.open(BytesIO(pix.tobytes("png")))
                text = pytesseract.image_to_string(image)
                if text.strip():
                    pages.append((page_num + 1, text))
        doc.close()
    except Exception:
        app.logger.exception("text extraction failed")
    return pages


def extract_tables(pdf_bytes):
    """[(page number, table number, text)] of the tables that have at least two rows."""
    tables = []
    try:
        with pdfplumber.open(BytesIO(pdf_bytes)) as pdf:
            for page_num, page in enumerate(pdf.pages, 1):
                for table_num, table in enumerate(page.extract_tables(), 1):
                    if not table or len(table) < 2:
                        continue
                    rows = [[str(cell) if cell else "" for cell in row] for row in table]
                    text = f"Table {table_num} on page {page_num}:\n"
                    text += "Headers: " + " | ".join(cell for cell in rows[0] if cell.strip()) + "\n"
                    for row in rows[1:]:
                        if any(cell.strip() for cell in row):
                            text += " | ".join(row) + "\n"
                    tables.append((page_num, table_num, text))
    except Exception:
        app.logger.exception("table extraction failed")
    return tables


def split_text(text):
    words = text.split()
    if len(words) <= CHUNK_SIZE:
        return [text]
    chunks = []
    start = 0
    while start < len(words) - CHUNK_OVERLAP:
        chunks.append(" ".join(words[start:start + CHUNK_SIZE]))
        start += CHUNK_SIZE - CHUNK_OVERLAP
    return chunks


def build_chunks(pdf_bytes, doc_id, filename):
    source = sanitize_source(filename)
    chunks = []

    for page_num, text in extract_pages(pdf_bytes):
        cleaned = clean_text(text)
        if not cleaned:
            continue
        for i, chunk in enumerate(split_text(cleaned)):
            chunks.append({
                "text": chunk,
                "metadata": {
                    "doc_id": doc_id,
                    "doc_type": "pdf",
                    "page": str(page_num),
                    "source": source,
                    "type": "text",
                    "chunk_index": str(i),
                },
            })

    for page_num, table_num, text in extract_tables(pdf_bytes):
        chunks.append({
            "text": clean_text(text),
            "metadata": {
                "doc_id": doc_id,
                "doc_type": "pdf",
                "page": str(page_num),
                "source": source,
                "type": "table",
                "table_index": str(table_num),
            },
        })

    return chunks[:MAX_CHUNKS_PER_DOC]


def process_pdf(job_id, chat_id, filename, pdf_bytes):
    """Runs in a thread of its own for every upload."""
    job = processing_jobs.get(job_id, {})
    job["status"] = "processing"
    try:
        doc_id = str(uuid.uuid4())
        chunks = build_chunks(pdf_bytes, doc_id, filename)
        if not chunks:
            raise Exception("Failed to extract any text from PDF")

        embeddings = [embedding_model.encode(chunk["text"]) for chunk in chunks]
        collection = chroma_client.get_or_create_collection(
            name=collection_name(chat_id),
            metadata={"hnsw:space": "l2"},
            embedding_function=None,
        )
        collection.add(
            ids=[f"{doc_id}_{i}" for i in range(len(chunks))],
            embeddings=embeddings,
            documents=[chunk["text"] for chunk in chunks],
            metadatas=[chunk["metadata"] for chunk in chunks],
        )

        documents.setdefault(chat_id, []).append({
            "doc_id": doc_id,
            "name": filename,
            "chunks": len(chunks),
            "status": "active",
        })

        chat = find_chat(chat_id)
        if chat:
            chat["pdf_list"].append({
                "name": filename,
                "upload_time": get_timestamp(),
                "chunks_added": len(chunks),
                "status": "active",
            })
            chat["has_pdf"] = True
            chat["pdf_count"] = len(chat["pdf_list"])
            chat["updated_at"] = get_timestamp()
            save_chat_history()

        job.update(status="done", chunks_added=len(chunks), finished_at=get_timestamp())
    except Exception as e:
        app.logger.exception("processing failed")
        job.update(status="error", error=str(e), finished_at=get_timestamp())


# ---- Retrieval and the model -----------------------------------------------

def retrieve(chat_id, query):
    if not documents.get(chat_id):
        return []
    try:
        collection = chroma_client.get_collection(
            name=collection_name(chat_id), embedding_function=None
        )
        results = collection.query(
            query_embeddings=[embedding_model.encode(query)],
            n_results=TOP_K,
            include=["documents", "metadatas", "distances"],
        )
    except Exception:
        app.logger.exception("retrieval failed")
        return []

    found = []
    seen = set()
    for text, metadata, distance in zip(
        results["documents"][0], results["metadatas"][0], results["distances"][0]
    ):
        key = text[:100]
        if key in seen:
            continue
        seen.add(key)
        found.append({"text": text, "metadata": metadata, "similarity": 1 - distance / 2})
    found.sort(key=lambda item: item["similarity"], reverse=True)
    return found


def get_location(metadata):
    location = f"Page {metadata['page']}"
    if metadata["type"] == "table":
        location += ", Table"
    return location


def build_prompt(message, found):
    if not found:
        return f"Please answer the following message: {message}"

    blocks = []
    for i, item in enumerate(found, 1):
        metadata = item["metadata"]
        blocks.append(f"[Source {i}: {metadata['source']} - {get_location(metadata)}]\n{item['text']}")
    context = "\n\n".join(blocks)

    return f"""You are a helpful assistant. Answer the question using the context from the uploaded documents.

Context:
{context}

Question: {message}

Rules:
- Answer only from the context above.
- Cite the sources you use, like [Source 1].
- If the answer is not in the context, say that you could not find it in the documents.
- Be clear and concise."""


def build_sources(found):
    return [
        {
            "id": i,
            "source": item["metadata"]["source"],
            "location": get_location(item["metadata"]),
            "doc_type": item["metadata"]["doc_type"],
            "content_type": item["metadata"]["type"],
            "content": item["text"][:800],
            "full_content": item["text"],
            "page": item["metadata"]["page"],
        }
        for i, item in enumerate(found, 1)
    ]


def ask_gemini(history, prompt):
    try:
        contents = [
            types.Content(role=turn["role"], parts=[types.Part(text=turn["parts"][0])])
            for turn in history
        ]
        contents.append(types.Content(role="user", parts=[types.Part(text=prompt)]))
        response = gemini_client.models.generate_content(model=GEMINI_MODEL, contents=contents)
        candidate = response.candidates[0] if response.candidates else None
        if candidate and candidate.content and candidate.content.parts:
            return response.text
        return "I couldn't generate a response."
    except Exception as e:
        app.logger.exception("Gemini call failed")
        return f"I encountered an error: {e}"


# ---- Routes: chats ---------------------------------------------------------

@app.route("/api/health", methods=["GET"])
def health():
    return jsonify({
        "status": "healthy",
        "timestamp": get_timestamp(),
        "llamaparse": "available" if LLAMA_CLOUD_API_KEY else "unavailable",
    })


@app.route("/api/chats", methods=["GET"])
def get_chats():
    try:
        return jsonify(sorted(chat_history, key=lambda chat: chat["updated_at"], reverse=True))
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats", methods=["POST"])
def create_chat():
    try:
        chat = {
            "id": str(uuid.uuid4()),
            "title": f"New Chat {len(chat_history) + 1}",
            "created_at": get_timestamp(),
            "updated_at": get_timestamp(),
            "message_count": 0,
            "has_pdf": False,
            "pdf_count": 0,
            "pdf_list": [],
        }
        chat_history.insert(0, chat)
        save_chat_history()
        return jsonify(chat), 201
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>", methods=["GET"])
def get_chat(chat_id):
    try:
        messages = []
        for turn in get_memory(chat_id):
            messages.append({
                "id": str(uuid.uuid4()),
                "text": turn["parts"][0],
                "sender": "user" if turn["role"] == "user" else "bot",
                "timestamp": get_timestamp(),
            })
        return jsonify(messages)
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>", methods=["DELETE"])
def delete_chat(chat_id):
    global chat_history
    try:
        try:
            os.remove(memory_file(chat_id))
        except FileNotFoundError:
            pass
        chat_memories.pop(chat_id, None)
        drop_collection(chat_id)
        chat_history = [chat for chat in chat_history if chat["id"] != chat_id]
        save_chat_history()
        return jsonify({"message": "Chat deleted successfully"})
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>/rename", methods=["PUT"])
def rename_chat(chat_id):
    try:
        data = request.get_json()
        title = data.get("title", "").strip()
        if not title:
            return jsonify({"error": "Title cannot be empty"}), 400

        chat = find_chat(chat_id)
        if chat:
            chat["title"] = title
            chat["updated_at"] = get_timestamp()
            save_chat_history()
        return jsonify({"message": "Chat renamed successfully"})
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>/messages", methods=["POST"])
def send_message(chat_id):
    try:
        data = request.get_json()
        message = data.get("message", "").strip()
        if not message:
            return jsonify({"error": "Message cannot be empty"}), 400

        memory = get_memory(chat_id)
        history = memory[-HISTORY_TURNS:]
        found = retrieve(chat_id, message)
        reply = ask_gemini(history, build_prompt(message, found))

        memory.extend([
            {"role": "user", "parts": [message], "timestamp": get_timestamp()},
            {"role": "model", "parts": [reply], "timestamp": get_timestamp()},
        ])
        message_count = len(memory)
        save_memory(chat_id, memory)

        chat = find_chat(chat_id)
        if chat:
            chat["message_count"] = message_count
            chat["updated_at"] = get_timestamp()
            save_chat_history()

        return jsonify({
            "reply": reply,
            "sources": build_sources(found),
            "message_count": message_count,
        })
    except Exception as e:
        return jsonify({"error": str(e)}), 500


# ---- Routes: PDFs ----------------------------------------------------------

@app.route("/api/chats/<chat_id>/upload-pdf", methods=["POST"])
def upload_pdf(chat_id):
    try:
        if "pdf" not in request.files:
            return jsonify({"error": "No PDF file provided"}), 400

        pdf_file = request.files["pdf"]
        filename = pdf_file.filename
        if not filename.lower().endswith(".pdf"):
            return jsonify({"error": "File must be a PDF"}), 400

        chat = find_chat(chat_id)
        if not chat:
            return jsonify({"error": "Chat not found"}), 404

        if len(chat["pdf_list"]) >= MAX_PDFS_PER_CHAT:
            return jsonify({"error": f"Maximum {MAX_PDFS_PER_CHAT} PDFs per chat"}), 400

        if any(pdf["name"] == filename for pdf in chat["pdf_list"]):
            return jsonify({"error": f"PDF '{filename}' already uploaded"}), 400

        pdf_bytes = pdf_file.read()
        if len(pdf_bytes) > MAX_FILE_SIZE:
            return jsonify({"error": "File too large. Max: 50MB"}), 400

        job_id = str(uuid.uuid4())
        thread = threading.Thread(
            target=process_pdf,
            args=(job_id, chat_id, filename, pdf_bytes),
            daemon=True,
        )
        thread.start()
        processing_jobs[job_id] = {
            "status": "queued",
            "started_at": get_timestamp(),
            "chat_id": chat_id,
            "filename": filename,
        }
        return jsonify({"message": "Upload accepted", "job_id": job_id, "processing": True}), 202
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/upload-status/<job_id>", methods=["GET"])
def upload_status(job_id):
    job = processing_jobs.get(job_id)
    if not job:
        return jsonify({"error": "Job not found"}), 404
    return jsonify({"job_id": job_id, **job})


@app.route("/api/chats/<chat_id>/docs", methods=["GET"])
def get_docs(chat_id):
    try:
        pdfs = [
            {"name": doc["name"], "chunks": doc["chunks"], "status": doc["status"]}
            for doc in documents.get(chat_id, [])
        ]
        processing = [
            {"name": job["filename"], "job_id": job_id, "status": job["status"]}
            for job_id, job in list(processing_jobs.items())
            if job["chat_id"] == chat_id and job["status"] in ("queued", "processing")
        ]
        return jsonify({
            "chat_id": chat_id,
            "pdfs": pdfs,
            "xlsx": [],
            "processing": processing,
            "total_docs": len(pdfs) + len(processing),
        })
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>/pdfs", methods=["GET"])
def get_chat_pdfs(chat_id):
    try:
        chat = find_chat(chat_id)
        if not chat:
            return jsonify({"error": "Chat not found"}), 404
        pdfs = [
            {"name": pdf["name"], "chunks": pdf["chunks_added"], "status": pdf["status"]}
            for pdf in chat["pdf_list"]
        ]
        return jsonify({"chat_id": chat_id, "pdfs": pdfs, "total_pdfs": len(pdfs)})
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/pdfs", methods=["GET"])
def get_all_pdfs():
    try:
        pdfs = []
        for chat in chat_history:
            for pdf in chat["pdf_list"]:
                pdfs.append({
                    "chat_id": chat["id"],
                    "chat_title": chat["title"],
                    "name": pdf["name"],
                    "chunks": pdf["chunks_added"],
                    "status": pdf["status"],
                    "uploaded_at": pdf["upload_time"],
                })
        return jsonify({"pdfs": pdfs, "total_pdfs": len(pdfs)})
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/api/chats/<chat_id>/pdfs/<pdf_name>", methods=["DELETE"])
def delete_pdf(chat_id, pdf_name):
    try:
        chat = find_chat(chat_id)
        if not chat:
            return jsonify({"error": "Chat not found"}), 404

        remaining = [pdf for pdf in chat["pdf_list"] if pdf["name"] != pdf_name]
        if len(remaining) == len(chat["pdf_list"]):
            return jsonify({"error": f"PDF '{pdf_name}' not found"}), 404

        chat["pdf_list"] = remaining
        chat["pdf_count"] = len(remaining)
        chat["has_pdf"] = len(remaining) > 0
        chat["updated_at"] = get_timestamp()
        save_chat_history()

        if not remaining:
            drop_collection(chat_id)

        return jsonify({
            "message": "PDF removed successfully",
            "chat_id": chat_id,
            "pdf_name": pdf_name,
        })
    except Exception as e:
        return jsonify({"error": str(e)}), 500


load_chat_history()

if __name__ == "__main__":
    app.run(host=HOST, port=PORT, debug=True, use_reloader=False, threaded=True)
