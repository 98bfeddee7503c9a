"""Runs the app (the file in SCHEDULED_APP) with the upload workers scheduled by SCHEDULE instead of by chance.

record-first   a worker begins once its job's record is stored
worker-first   an upload is answered once its worker has ended
held           a worker begins once its job's record is stored and a file called "go" is in the working directory
"""

import os
import runpy
import threading
import time

SCHEDULE = os.environ["SCHEDULE"]
plain_start = threading.Thread.start


def start(thread):
    target = getattr(thread, "_target", None)
    if getattr(target, "__name__", "") != "process_pdf":
        return plain_start(thread)
    if SCHEDULE == "worker-first":
        plain_start(thread)
        return thread.join()
    jobs = target.__globals__["processing_jobs"]

    def wait_then_work(job_id, *rest):
        while job_id not in jobs or (SCHEDULE == "held" and not os.path.exists("go")):
            time.sleep(0.005)
        target(job_id, *rest)

    thread._target = wait_then_work
    return plain_start(thread)


threading.Thread.start = start
runpy.run_path(os.environ["SCHEDULED_APP"], run_name="__main__")
