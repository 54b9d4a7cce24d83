"""Lists all scan tasks with the official Python SDK of HSS, for the programs here that find credentials in other ways."""

import json

from huaweicloudsdkhss.v5 import HssClient, ListVulScanTaskRequest

PAGE = 10


def show(endpoint, credentials):
    """Prints all tasks, one JSON object a line."""
    client = HssClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()
    offset, total = 0, None
    while total is None or offset < total:
        page = client.list_vul_scan_task(ListVulScanTaskRequest(limit=PAGE, offset=offset))
        for row in page.data_list:
            print(json.dumps({key: getattr(row, key) for key in ("id", "start_time", "failed_host_num")}))
        total, offset = page.total_num, offset + PAGE
