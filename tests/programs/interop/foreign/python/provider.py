"""Lists all scan tasks with credentials that a provider of the official Python SDK finds, one JSON object a line.

usage: provider.py env|profile|metadata ENDPOINT
"""

import os
import pathlib
import sys

from huaweicloudsdkcore.auth import internal
from huaweicloudsdkcore.auth.provider import (
    EnvCredentialProvider,
    MetadataCredentialProvider,
    ProfileCredentialProvider,
)

import tasks

NAMES = {"HUAWEICLOUD_SDK_AK": "ak", "HUAWEICLOUD_SDK_SK": "sk", "HUAWEICLOUD_SDK_PROJECT_ID": "project_id"}


def profile():
    """Writes the environment's key to the file of profiles, and takes it out of the environment."""
    file = pathlib.Path(os.environ["HOME"], ".huaweicloud", "credentials")
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    lines = [f"{setting} = {os.environ.pop(name)}" for name, setting in NAMES.items()]
    file.write_text("\n".join(["[basic]", *lines, ""]))
    try:
        return ProfileCredentialProvider.get_basic_credential_profile_provider().get_credentials()
    finally:
        file.unlink()


def metadata(endpoint):
    """Gets a temporary key. The address of the service is fixed in the SDK, and that alone is changed."""
    internal.MetadataAccessor._METADATA_ENDPOINT = endpoint
    project = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
    return MetadataCredentialProvider.get_basic_credential_metadata_provider().get_credentials().with_project_id(project)


def main(provider, endpoint):
    if provider == "env":
        credentials = EnvCredentialProvider.get_basic_credential_env_provider().get_credentials()
    elif provider == "profile":
        credentials = profile()
    else:
        credentials = metadata(endpoint)
    tasks.show(endpoint, credentials)


if __name__ == "__main__":
    main(*sys.argv[1:])
