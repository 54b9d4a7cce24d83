"""Calls operations with the official Python SDK. Prints the rows of each listing as one line of JSON.

usage: operations.py ENDPOINT CALLS

Each line of the file CALLS is a JSON object: `operation`, `arguments` (with the request body as `body`) and `pages`, the number of rows
on a page, or null for an operation without pages.
"""

import json
import os
import re
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization
from huaweicloudsdkhss import v5


def snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def answer(client, operation, arguments):
    """The answer to one call, with the names of the API."""
    request = getattr(v5, operation + "Request")(**arguments)
    return sanitize_for_serialization(getattr(client, snake_case(operation))(request)) or {}


def rows(client, operation, arguments, size):
    if size is None:
        return [answer(client, operation, arguments)]
    listed = []
    while True:
        page = answer(client, operation, {**arguments, "limit": size, "offset": len(listed)})
        listed += page.get("data_list") or []
        if not page.get("data_list") or len(listed) >= page["total_num"]:
            return listed


def main(endpoint, calls):
    credentials = BasicCredentials(
        os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
    )
    client = v5.HssClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()
    with open(calls, encoding="utf-8") as lines:
        for call in map(json.loads, lines):
            listed = rows(client, call["operation"], call["arguments"], call["pages"])
            print(json.dumps(listed, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
