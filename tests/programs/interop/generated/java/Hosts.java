import com.fasterxml.jackson.databind.ObjectMapper;
import hss.openapi.ApiClient;
import hss.openapi.api.VulnerabilityManagementApi;
import hss.openapi.model.ListVulScanTaskHostResponse;
import hss.openapi.model.ScanStatusFilter;
import hss.openapi.model.VulScanTaskHostInfo;

/** Lists all servers of a scan task with the generated client, one JSON object a line: ENDPOINT TASK_ID [STATUS]. */
public final class Hosts {
    private static final int PAGE = 200;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: Hosts ENDPOINT TASK_ID [STATUS]");
            System.exit(2);
        }
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        // This library has no place for the key of a security scheme.
        client.setRequestInterceptor(request -> request.header("X-Auth-Token", System.getenv("HW_AUTH_TOKEN")));
        VulnerabilityManagementApi api = new VulnerabilityManagementApi(client);
        ScanStatusFilter status = arguments.length > 2 ? ScanStatusFilter.fromValue(arguments[2]) : null;
        ObjectMapper mapper = client.getObjectMapper();
        int offset = 0;
        while (true) {
            ListVulScanTaskHostResponse page = api.listVulScanTaskHost(
                System.getenv("HUAWEICLOUD_SDK_PROJECT_ID"), arguments[1], null, PAGE, offset, status);
            if (page.getDataList() == null || page.getDataList().isEmpty()) {
                return;
            }
            for (VulScanTaskHostInfo row : page.getDataList()) {
                System.out.println(mapper.writeValueAsString(row));
            }
            offset += page.getDataList().size();
            if (offset >= page.getTotalNum()) {
                return;
            }
        }
    }
}
