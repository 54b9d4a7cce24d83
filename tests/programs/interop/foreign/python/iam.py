"""Lists all scan tasks, for the project that IAM has for a region, one JSON object a line.

usage: iam.py ENDPOINT

Account and project are looked up with huaweicloudsdkiam and GlobalCredentials, as the SDK does it.
"""

import os
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkiam.v3 import IamClient, KeystoneListAuthDomainsRequest, KeystoneListProjectsRequest

import tasks

REGION = "cn-north-4"


def main(endpoint):
    key = os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"]

    def client(credentials):
        return IamClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()

    # Without the id of the account: this call says which it is.
    domains = client(GlobalCredentials(*key, domain_id="unknown")).keystone_list_auth_domains(
        KeystoneListAuthDomainsRequest()
    )
    iam = client(GlobalCredentials(*key, domain_id=domains.domains[0].id))
    [project] = iam.keystone_list_projects(KeystoneListProjectsRequest(name=REGION)).projects
    tasks.show(endpoint, BasicCredentials(*key, project.id))


if __name__ == "__main__":
    main(*sys.argv[1:])
