"""
Reads single collections of a Chroma folder, as they are now, while an app writes to it. In the legacy app's environment.

usage: live.py FOLDER WORK. A request is a line of JSON, its answer is another:

{"collections": [name, ...] or null for all}     -> [{"name", "dimension" (null: nothing was ever added), "count"}]
{"read": name, "offset": n, "limit": n}
    -> {"ids", "documents", "metadatas", "embeddings": base64 of 32-bit floats, "ages": seconds since each was added}
    offset 0 reads the collection anew; another one goes on in that reading

A request that fails is answered by {"error": text}.

Chroma's SQLite is in rollback mode: while a transaction here reads, the app's commit waits, for 5 s at most. So a transaction
reads one collection and nothing else. The vectors that Chroma has not moved into its index files yet, the last 1,000 and a few
of each collection, are in SQLite's queue and are read from there. Where some are missing from it, Chroma itself reads a folder
that holds a copy of this one collection.
"""

import base64
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time

import numpy as np

DATABASE = "chroma.sqlite3"
DOCUMENT = "chroma:document"
folder, work = sys.argv[1:3]


def source_uri():
    path = os.path.abspath(os.path.join(folder, DATABASE))
    return "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"


class Reading:
    """One transaction on the app's database."""

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        self.database.execute("begin")
        return self.database

    def __exit__(self, *_):
        self.database.rollback()
        self.database.close()


def reading():
    return Reading(sqlite3.connect(source_uri(), uri=True, timeout=30, isolation_level=None))


def collections(names):
    chosen = "" if names is None else " where c.name in (select value from json_each(?))"
    with reading() as database:
        rows = database.execute(
            "select c.name, c.dimension, (select count(*) from embeddings e join segments s on s.id = e.segment_id where s.collection = c.id)"
            f" from collections c{chosen} order by c.name",
            () if names is None else (json.dumps(names),),
        ).fetchall()
    return [{"name": name, "dimension": dimension, "count": count} for name, dimension, count in rows]


def age(created_at, now):
    import calendar

    try:
        return max(0, now - calendar.timegm(time.strptime(created_at, "%Y-%m-%d %H:%M:%S")))
    except (TypeError, ValueError):
        return 0


def value_of(string, integer, number, boolean):
    if boolean is not None:
        return bool(boolean)
    return next((value for value in (string, integer, number) if value is not None), None)


def from_queue(name):
    """The collection's records, newest state. An embedding that is not in the queue any more is None. Nothing: no such collection."""
    with reading() as database:
        found = database.execute("select id from collections where name = ?", (name,)).fetchone()
        if found is None:
            return []
        (segment,) = database.execute(
            "select id from segments where collection = ? and scope = 'METADATA'", found
        ).fetchone()
        rows = database.execute(
            "select e.id, e.embedding_id, e.created_at, q.vector, q.encoding from embeddings e"
            " left join embeddings_queue q on q.seq_id = e.seq_id and q.id = e.embedding_id and q.topic like '%/' || ?"
            " where e.segment_id = ? order by e.id",
            (found[0], segment),
        ).fetchall()
        metadata = database.execute(
            "select m.id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value from embeddings e"
            " join embedding_metadata m on m.id = e.id where e.segment_id = ? order by m.id, m.key",
            (segment,),
        ).fetchall()
    held = {}
    for row, key, *values in metadata:
        held.setdefault(row, {})[key] = value_of(*values)
    now = time.time()
    return [
        {
            "id": embedding_id,
            "age": age(created_at, now),
            "vector": np.frombuffer(vector, dtype="<f4") if encoding == "FLOAT32" else None,
            "document": held.get(row, {}).get(DOCUMENT),
            "metadata": {key: value for key, value in held.get(row, {}).items() if not key.startswith("chroma:")}
            or None,
        }
        for row, embedding_id, created_at, vector, encoding in rows
    ]


def files_of(segments):
    """What tells whether an index file was written meanwhile."""
    found = {}
    for segment in segments:
        directory = os.path.join(folder, segment)
        if os.path.isdir(directory):
            for name in sorted(os.listdir(directory)):
                stat = os.stat(os.path.join(directory, name))
                found[(segment, name)] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found


# What a copy has of each table. The full-text index and its own tables stay behind: nobody searches in the copy.
WHOLE = ["migrations", "acquire_write", "tenants", "databases", "maintenance_log", "embeddings_queue_config"]
SEGMENTS = "(select id from app.segments where collection = :id)"
SOME = {
    "collections": "id = :id",
    "collection_metadata": "collection_id = :id",
    "segments": "collection = :id",
    "segment_metadata": f"segment_id in {SEGMENTS}",
    "max_seq_id": f"segment_id in {SEGMENTS}",
    "embeddings": f"segment_id in {SEGMENTS}",
    "embedding_metadata": f"id in (select id from app.embeddings where segment_id in {SEGMENTS})",
    "embeddings_queue": "topic like '%/' || :id and seq_id >= coalesce((select min(m.seq_id) from app.max_seq_id m"
    " join app.segments s on s.id = m.segment_id where s.collection = :id and s.scope = 'VECTOR'), 0)"
    # The app may have queued more than it has applied; without the full-text index nothing can be applied here.
    " and seq_id <= coalesce((select max(m.seq_id) from app.max_seq_id m"
    " join app.segments s on s.id = m.segment_id where s.collection = :id and s.scope = 'METADATA'), 0)",
}


def copy_database(identity, target):
    database = sqlite3.connect(target, uri=True, isolation_level=None, timeout=30)
    try:
        database.execute("attach ? as app", (source_uri(),))
        database.execute("pragma synchronous = off")
        database.execute("begin")
        made = database.execute(
            "select name, sql from app.sqlite_master where sql is not null and name not like 'embedding_fulltext%'"
            " order by type = 'index'"
        ).fetchall()
        for _, sql in made:
            database.execute(sql)
        for name, condition in [*((name, "true") for name in WHOLE), *SOME.items()]:
            if any(name == each for each, _ in made):
                database.execute(
                    f"insert into main.{name} select * from app.{name} where {condition}", {"id": identity}
                )
        database.execute("commit")
    finally:
        database.close()


def copy_collection(name, copy):
    """A folder that Chroma can open, with this collection alone."""
    for _ in range(50):
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
        with reading() as database:
            found = database.execute("select id from collections where name = ?", (name,)).fetchone()
            if found is None:
                return False
            segments = [row[0] for row in database.execute("select id from segments where collection = ?", found)]
        try:
            before = files_of(segments)
            for segment, file in before:
                os.makedirs(os.path.join(copy, segment), exist_ok=True)
                shutil.copyfile(os.path.join(folder, segment, file), os.path.join(copy, segment, file))
            copy_database(found[0], os.path.join(copy, DATABASE))
            if files_of(segments) == before:
                return True
        except FileNotFoundError:
            pass  # the collection was deleted meanwhile
    raise RuntimeError("the collection changes faster than it can be copied")


def vectors_by_chroma(name):
    """{id: vector} of all that Chroma has, by Chroma itself."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    copy = tempfile.mkdtemp(dir=work)
    try:
        if not copy_collection(name, copy):
            return {}
        client = chromadb.PersistentClient(path=copy, settings=Settings(anonymized_telemetry=False))
        try:
            collection = client.get_collection(name=name, embedding_function=None)
            vectors = {}
            while True:
                found = collection.get(offset=len(vectors), limit=500, include=["embeddings"])
                if not found["ids"]:
                    return vectors
                vectors.update(zip(found["ids"], np.asarray(found["embeddings"], dtype="<f4")))
        finally:
            client._system.stop()
            SharedSystemClient.clear_system_cache()
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def read(name):
    for _ in range(20):
        records = from_queue(name)
        missing = [record for record in records if record["vector"] is None]
        if not missing:
            return records
        vectors = vectors_by_chroma(name)
        for record in missing:
            record["vector"] = vectors.get(record["id"])
        if all(record["vector"] is not None for record in records):
            return records
        # The collection was deleted or changed between the two readings.
        time.sleep(0.05)
    raise RuntimeError(f"{sum(record['vector'] is None for record in records)} of {len(records)} records have no vector")


held = []


def page(name, offset, limit):
    global held
    if offset == 0:
        held = []
        held = read(name)
    some = held[offset : offset + limit]
    vectors = [record["vector"] for record in some]
    return {
        "ids": [record["id"] for record in some],
        "documents": [record["document"] for record in some],
        "metadatas": [record["metadata"] for record in some],
        "embeddings": base64.b64encode(b"".join(vector.tobytes() for vector in vectors)).decode("ascii"),
        "ages": [record["age"] for record in some],
    }


def answer(request):
    if "collections" in request:
        return collections(request["collections"])
    return page(request["read"], request["offset"], request["limit"])


# Whatever a library prints must not pass for an answer.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except BaseException as error:  # Chroma's panics are no Exceptions
        result = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(result) + "\n")
    answers.flush()
