"""Lists all servers of a scan task with the generated client, one JSON object a line.

usage: hosts.py ENDPOINT TASK_ID [STATUS]
"""

import json
import os
import sys

from hss_openapi import ApiClient, Configuration, ScanStatusFilter, VulnerabilityManagementApi

PAGE = 200


def main(endpoint, task_id, status=None):
    configuration = Configuration(host=endpoint, api_key={"token": os.environ["HW_AUTH_TOKEN"]})
    with ApiClient(configuration) as client:
        api = VulnerabilityManagementApi(client)
        offset, total = 0, None
        while total is None or offset < total:
            page = api.list_vul_scan_task_host(
                os.environ["HUAWEICLOUD_SDK_PROJECT_ID"],
                task_id,
                scan_status=status and ScanStatusFilter(status),
                limit=PAGE,
                offset=offset,
            )
            rows = page.data_list or []
            for row in rows:
                print(json.dumps(row.to_dict(), ensure_ascii=False))
            total, offset = page.total_num, offset + len(rows)
            if not rows:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
