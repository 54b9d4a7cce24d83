"""Lists all servers of a scan task, or all scan tasks, with the official Python SDK, one JSON object a line.

usage: hosts.py ENDPOINT [TASK_ID [STATUS]]
"""

import json
import os
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkhss.v5 import HssClient, ListVulScanTaskHostRequest, ListVulScanTaskRequest

HOSTS_PAGE = 200
# There are few tasks: smaller pages, so that there are several.
TASKS_PAGE = 10


def host(row):
    reasons = row.failed_reasons
    return {
        "host_id": row.host_id,
        "host_name": row.host_name,
        "public_ip": row.public_ip,
        "private_ip": row.private_ip,
        "asset_value": row.asset_value,
        "scan_status": row.scan_status,
        "failed_reasons": None
        if reasons is None
        else [{"vul_type": reason.vul_type, "failed_reason": reason.failed_reason} for reason in reasons],
    }


def task(row):
    return {"id": row.id, "start_time": row.start_time, "failed_host_num": row.failed_host_num}


def pages(ask):
    """The rows of all pages, where `ask` gives the page at an offset."""
    offset, total = 0, None
    while total is None or offset < total:
        page = ask(offset)
        rows = page.data_list or []
        yield from rows
        total, offset = page.total_num, offset + len(rows)
        if not rows:
            break


def main(endpoint, task_id=None, status=None):
    credentials = BasicCredentials(
        os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
    )
    client = HssClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()

    def hosts_at(offset):
        request = ListVulScanTaskHostRequest(task_id=task_id, scan_status=status, limit=HOSTS_PAGE, offset=offset)
        return client.list_vul_scan_task_host(request)

    def tasks_at(offset):
        return client.list_vul_scan_task(ListVulScanTaskRequest(limit=TASKS_PAGE, offset=offset))

    rows = map(host, pages(hosts_at)) if task_id else map(task, pages(tasks_at))
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ServiceResponseException as error:
        said = {
            "status": error.status_code,
            "code": error.error_code,
            "message": error.error_msg,
            "request_id": error.request_id,
        }
        print(json.dumps(said, ensure_ascii=False), file=sys.stderr)
        sys.exit(3)
