"""
Calls the relay with Google's own SDK, as the legacy app does. For each line {"url", "key", "version"} of its input it prints what the SDK
makes of the answers, as a line of JSON: loading the SDK costs more than all the calls.
"""

import asyncio
import json
import os
import sys

import httpx
from google import genai
from google.genai import errors, types

CONTENTS = [
    types.Content(role="user", parts=[types.Part(text="Hello")]),
    types.Content(role="model", parts=[types.Part(text="Hi.")]),
    types.Content(role="user", parts=[types.Part(text="How are you?")]),
]
CONFIG = types.GenerateContentConfig(system_instruction="Be brief.", temperature=0.5, max_output_tokens=50)
MODEL = "gemini-2.0-flash-exp"
LOOP = asyncio.new_event_loop()


def told(response):
    usage = response.usage_metadata
    return {
        "text": response.text,
        "finish": [c.finish_reason.value if c.finish_reason else None for c in response.candidates or []],
        "tokens": usage.total_token_count if usage else None,
        "blocked": response.prompt_feedback.block_reason.value if response.prompt_feedback else None,
        "model": response.model_version,
    }


def attempt(call):
    try:
        return call()
    except errors.APIError as error:
        return {
            "error": type(error).__name__,
            "code": error.code,
            "status": error.status,
            "message": error.message,
            "text": str(error),
        }
    except (httpx.HTTPError, errors.UnknownApiResponseError) as error:
        return {"error": type(error).__name__}


async def streamed_async(client):
    stream = await client.aio.models.generate_content_stream(model=MODEL, contents=CONTENTS, config=CONFIG)
    return [told(part) async for part in stream]


def probe(url, key, version):
    os.environ.update(GOOGLE_GEMINI_BASE_URL=url, GEMINI_API_KEY=key)
    client = genai.Client(http_options=types.HttpOptions(api_version=version))
    request = {"model": MODEL, "contents": CONTENTS, "config": CONFIG}
    return {
        "whole": attempt(lambda: told(client.models.generate_content(**request))),
        "streamed": attempt(lambda: [told(p) for p in client.models.generate_content_stream(**request)]),
        "async": attempt(lambda: LOOP.run_until_complete(streamed_async(client))),
    }


for line in sys.stdin:
    print(json.dumps(probe(**json.loads(line))), flush=True)
