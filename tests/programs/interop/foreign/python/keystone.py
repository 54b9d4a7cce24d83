"""Lists all scan tasks with keystoneauth1 and openstacksdk, one JSON object a line.

usage: keystone.py ENDPOINT

Logs in with a password at ENDPOINT/v3, checks account, user and projects with openstacksdk, and finds HSS in the catalog of
the token. User and account come from HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME.
"""

import json
import os
import sys

from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from openstack.connection import Connection

PAGE = 10
REGION = "cn-north-4"


def main(endpoint):
    name, domain = os.environ["HW_USER_NAME"], os.environ["HW_DOMAIN_NAME"]
    password = v3.Password(
        auth_url=f"{endpoint}/v3",
        username=name,
        password=os.environ["HW_USER_PASSWORD"],
        user_domain_name=domain,
        project_name=REGION,
        project_domain_name=domain,
    )
    session = Session(auth=password)
    access = password.get_access(session)
    assert (access.username, access.user_domain_name, access.project_domain_name) == (name, domain, domain)
    assert access.user_id and access.user_domain_id and access.project_domain_id == access.user_domain_id

    connection = Connection(session=session)
    assert connection.current_project_id == access.project_id
    assert access.project_id in [project.id for project in connection.identity.projects()]

    # A token that is made from the first one is for the same user.
    again = v3.Token(auth_url=f"{endpoint}/v3", token=session.get_token(), project_id=access.project_id)
    assert again.get_access(session).user_id == access.user_id

    service = session.get_endpoint(service_type="hss", interface="public")
    offset, total = 0, None
    while total is None or offset < total:
        url = f"{service}/vulnerability/scan-tasks?limit={PAGE}&offset={offset}"
        page = session.get(url, authenticated=True).json()
        for row in page["data_list"]:
            print(json.dumps({key: row.get(key) for key in ("id", "start_time", "failed_host_num")}))
        total, offset = page["total_num"], offset + PAGE


if __name__ == "__main__":
    main(*sys.argv[1:])
