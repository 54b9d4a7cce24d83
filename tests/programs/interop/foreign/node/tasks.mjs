// Lists all scan tasks with the core of the official Node SDK, one JSON object a line. It has no client of HSS.
//
// usage: node tasks.mjs ENDPOINT

import { ClientBuilder } from "@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js";
import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js";

const PAGE = 10;
const endpoint = process.argv[2];
const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk, HUAWEICLOUD_SDK_PROJECT_ID: project } = process.env;
const credentials = new BasicCredentials().withAk(ak).withSk(sk).withProjectId(project);
const client = new ClientBuilder((client) => client).withCredential(credentials).withEndpoint(endpoint).build();

let offset = 0;
let total = 1;
while (offset < total) {
  const page = await client.sendRequest({
    method: "GET",
    url: "/v5/{project_id}/vulnerability/scan-tasks",
    contentType: "application/json",
    queryParams: { limit: PAGE, offset },
    pathParams: { project_id: project },
    headers: {},
  });
  for (const { id, start_time, failed_host_num } of page.data_list) {
    console.log(JSON.stringify({ id, start_time, failed_host_num }));
  }
  total = page.total_num;
  offset += PAGE;
}
