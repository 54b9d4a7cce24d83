"""Lists all servers of a scan task with the official Python SDK, one JSON object a line.

usage: hosts.py ENDPOINT TASK_ID [STATUS]
"""

import json
import os
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkhss.v5 import HssClient, ListVulScanTaskHostRequest

PAGE = 200


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


def main(endpoint, task_id, status=None):
    credentials = BasicCredentials(
        os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
    )
    client = HssClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()
    offset, total = 0, None
    while total is None or offset < total:
        request = ListVulScanTaskHostRequest(task_id=task_id, scan_status=status, limit=PAGE, offset=offset)
        page = client.list_vul_scan_task_host(request)
        rows = page.data_list or []
        for row in rows:
            print(json.dumps(host(row), ensure_ascii=False))
        total, offset = page.total_num, offset + len(rows)
        if not rows:
            break


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
