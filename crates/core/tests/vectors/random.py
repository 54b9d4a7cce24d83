"""Writes random.jsonl: random requests with the signatures of the official Python SDK.

The test `random_requests_are_signed_as_the_official_sdk_does` in ../signing.rs compares them with ours. It needs only
the fixture. Run this script again to change the coverage:

    python3 -m venv /tmp/sdk && /tmp/sdk/bin/pip install huaweicloudsdkcore==3.1.219
    /tmp/sdk/bin/python random.py > random.jsonl

The seed is fixed, so the same version of the SDK writes the same file. All keys are invented. Each line is one
request: id, secret and token of the key; method, path as sent, query as decoded pairs, headers in the order given,
body; and the result of the SDK in date and authorization.
"""

# The name of this file would hide the module `random` from the imports below.
import sys

sys.path.pop(0)

import datetime
import json
import random
import urllib.parse

from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

COUNT = 1300
DICE = random.Random(20241125)
ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# Characters that encoders treat differently, and characters of two, three and four bytes.
HOSTILE = "  %%++//&=?#*~'()!-_.,:;@$[]{}|\\^`\"<>" + "éß漏洞主机扫描任务界💻\u0301\u200b\t\n\x7f"
PATH_RAW = "!$&'()*+,;=:@"


class Key:
    """The attributes of credentials that the signer of the SDK reads."""

    def __init__(self):
        self.ak = text(ALPHANUMERIC.upper(), 8, 24)
        self.sk = text(ALPHANUMERIC + "+/=-", 16, 80)
        self.token = text(ALPHANUMERIC + "+/=", 20, 90) if DICE.random() < 0.4 else None


def text(alphabet, least, most):
    return "".join(DICE.choice(alphabet) for _ in range(DICE.randint(least, most)))


def wild(most):
    """Returns text of ordinary and hostile characters; sometimes empty."""
    return text(DICE.choice([ALPHANUMERIC, ALPHANUMERIC + HOSTILE, HOSTILE]), 0, most)


def segment():
    """Returns one path segment, encoded in one of the ways of different clients."""
    written = ""
    for character in wild(10):
        plain = character in ALPHANUMERIC + "-_.~" or (character in PATH_RAW and DICE.random() < 0.5)
        code = urllib.parse.quote(character, safe="")
        written += character if plain else code.lower() if DICE.random() < 0.3 else code
    return written


def path():
    head = DICE.choice(["", "/v5/" + text("0123456789abcdef", 32, 32), "/v5"])
    tail = "".join("/" + segment() for _ in range(DICE.randint(0, 4)))
    return head + tail + DICE.choice(["", "", "/"]) or "/"


def query():
    pairs = [(wild(8) or "k", wild(12)) for _ in range(DICE.choice([0, 0, 1, 2, 3, 4, 6]))]
    # Repeated names, with another, the same or no value; names whose order changes when they are encoded.
    for name, _ in pairs[:2]:
        pairs += [(name, value) for value in DICE.sample([wild(6), "", "b", "a", "B"], DICE.randint(0, 2))]
    pairs += [(name, "x") for name in ("a", "A", "a-b", "a.b", "a b", "a%") if DICE.random() < 0.1]
    DICE.shuffle(pairs)
    return pairs


def host():
    name = DICE.choice(["hss.cn-north-4.myhuaweicloud.com", "127.0.0.1", "localhost", "[::1]", "hss.example.com"])
    return name + DICE.choice(["", "", ":%d" % DICE.randint(1, 65535)])


def moment():
    start = datetime.datetime(1970, 1, 1)
    return start + datetime.timedelta(seconds=DICE.randint(0, 4102444800))


def headers(key, has_body):
    chosen = {"X-Sdk-Date": moment().strftime("%Y%m%dT%H%M%SZ")}
    if has_body or DICE.random() < 0.5:
        kinds = ["application/json"] * 4 + ["application/json;charset=UTF-8", "application/xml", "text/plain"]
        chosen["Content-Type"] = DICE.choice(kinds)
    if DICE.random() < 0.6:
        chosen["X-Project-Id"] = text("0123456789abcdef", 32, 32)
    if DICE.random() < 0.3:
        chosen["User-Agent"] = DICE.choice(["ua/1", "  spaced ua ", "ua/漏洞"])
    if DICE.random() < 0.2:
        chosen["My_Header"] = wild(5)
    if DICE.random() < 0.2:
        chosen["x-empty"] = ""
    if key.token:
        chosen["X-Security-Token"] = key.token
    shuffled = list(chosen.items())
    DICE.shuffle(shuffled)
    return dict(shuffled)


def body(method):
    if method not in ("POST", "PUT", "DELETE") or DICE.random() < 0.2:
        return ""
    value = {wild(6): DICE.choice([wild(12), [wild(4), 1, None], True]) for _ in range(DICE.randint(0, 3))}
    return json.dumps(value, ensure_ascii=DICE.random() < 0.5)


def one():
    key = Key()
    method = DICE.choice(["GET", "GET", "POST", "PUT", "DELETE"])
    content = body(method)
    request = SdkRequest(
        method=method,
        schema="https",
        host=host(),
        resource_path=path(),
        query_params=query(),
        header_params=headers(key, bool(content)),
        body=content,
    )
    record = {"id": key.ak, "secret": key.sk}
    if key.token:
        record["token"] = key.token
    record.update(method=method, path=request.resource_path)
    if request.query_params:
        record["query"] = [list(pair) for pair in request.query_params]
    added = ("X-Sdk-Date", "X-Security-Token")
    record["headers"] = [[n, v] for n, v in request.header_params.items() if n not in added]
    record["headers"].append(["Host", request.host])
    if content:
        record["body"] = content
    signed = Signer(key).sign(request)
    record["date"] = signed.header_params["X-Sdk-Date"]
    record["authorization"] = signed.header_params["Authorization"]
    return record


for _ in range(COUNT):
    print(json.dumps(one(), ensure_ascii=True, separators=(",", ":")))
