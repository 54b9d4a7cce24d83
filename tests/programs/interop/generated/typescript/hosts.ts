// Lists all servers of a scan task with the generated client, one JSON object a line.
//
// usage: hosts ENDPOINT TASK_ID [STATUS]

import { Configuration, ScanStatusFilter, VulnerabilityManagementApi, VulScanTaskHostInfoToJSON } from './client';

const PAGE = 200;

async function list(endpoint: string, taskId: string, status?: string): Promise<void> {
  const known = Object.values(ScanStatusFilter).find((value) => value === status);
  if (status !== undefined && known === undefined) {
    throw new Error(`there is no status ${status}`);
  }
  // This client asks for the header of every scheme of the document, and sends it even if there is nothing in it.
  const key = (name: string): string => (name === 'X-Auth-Token' ? (process.env.HW_AUTH_TOKEN ?? '') : '');
  const api = new VulnerabilityManagementApi(new Configuration({ basePath: endpoint, apiKey: key }));
  const projectId = process.env.HUAWEICLOUD_SDK_PROJECT_ID ?? '';
  for (let offset = 0; ; ) {
    const page = await api.listVulScanTaskHost({ projectId, taskId, limit: PAGE, offset, scanStatus: known });
    const rows = page.dataList ?? [];
    for (const row of rows) {
      console.log(JSON.stringify(VulScanTaskHostInfoToJSON(row)));
    }
    offset += rows.length;
    if (rows.length === 0 || offset >= (page.totalNum ?? 0)) {
      return;
    }
  }
}

const [endpoint, taskId, status] = process.argv.slice(2);
if (endpoint === undefined || taskId === undefined) {
  console.error('usage: hosts ENDPOINT TASK_ID [STATUS]');
  process.exit(2);
}
list(endpoint, taskId, status).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
