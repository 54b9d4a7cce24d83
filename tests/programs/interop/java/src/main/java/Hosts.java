import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.hss.v5.HssClient;
import com.huaweicloud.sdk.hss.v5.model.ListVulScanTaskHostRequest;
import com.huaweicloud.sdk.hss.v5.model.ListVulScanTaskRequest;
import com.huaweicloud.sdk.hss.v5.model.VulScanTaskHostInfo;
import com.huaweicloud.sdk.hss.v5.model.VulScanTaskHostInfoFailedReasons;
import com.huaweicloud.sdk.hss.v5.model.VulScanTaskInfo;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lists all servers of a scan task, or all scan tasks, with the official Java SDK, one JSON object a line.
 *
 * <p>usage: Hosts ENDPOINT [TASK_ID [STATUS]]
 */
public final class Hosts {
    private static final int HOSTS_PAGE = 200;
    /** There are few tasks: smaller pages, so that there are several. */
    private static final int TASKS_PAGE = 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Map<String, Object> host(VulScanTaskHostInfo row) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("host_id", row.getHostId());
        shown.put("host_name", row.getHostName());
        shown.put("public_ip", row.getPublicIp());
        shown.put("private_ip", row.getPrivateIp());
        shown.put("asset_value", row.getAssetValue());
        shown.put("scan_status", row.getScanStatus());
        List<Map<String, Object>> reasons = null;
        if (row.getFailedReasons() != null) {
            reasons = new ArrayList<>();
            for (VulScanTaskHostInfoFailedReasons cause : row.getFailedReasons()) {
                Map<String, Object> reason = new LinkedHashMap<>();
                reason.put("vul_type", cause.getVulType());
                reason.put("failed_reason", cause.getFailedReason());
                reasons.add(reason);
            }
        }
        shown.put("failed_reasons", reasons);
        return shown;
    }

    private static Map<String, Object> task(VulScanTaskInfo row) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("id", row.getId());
        shown.put("start_time", row.getStartTime());
        shown.put("failed_host_num", row.getFailedHostNum());
        return shown;
    }

    private static HssClient client(String endpoint) {
        BasicCredentials credentials = new BasicCredentials()
                .withAk(System.getenv("HUAWEICLOUD_SDK_AK"))
                .withSk(System.getenv("HUAWEICLOUD_SDK_SK"))
                .withProjectId(System.getenv("HUAWEICLOUD_SDK_PROJECT_ID"));
        return HssClient.newBuilder().withCredential(credentials).withEndpoints(List.of(endpoint)).build();
    }

    private static void hosts(HssClient client, String task, String status, PrintStream out)
            throws JsonProcessingException {
        long total = 1;
        for (int offset = 0; offset < total; ) {
            var request = new ListVulScanTaskHostRequest()
                    .withTaskId(task)
                    .withScanStatus(status)
                    .withLimit(HOSTS_PAGE)
                    .withOffset(offset);
            var page = client.listVulScanTaskHost(request);
            List<VulScanTaskHostInfo> rows = page.getDataList() == null ? List.of() : page.getDataList();
            for (VulScanTaskHostInfo row : rows) {
                out.println(JSON.writeValueAsString(host(row)));
            }
            total = rows.isEmpty() ? 0 : page.getTotalNum();
            offset += rows.size();
        }
    }

    private static void tasks(HssClient client, PrintStream out) throws JsonProcessingException {
        long total = 1;
        for (int offset = 0; offset < total; ) {
            var request = new ListVulScanTaskRequest().withLimit(TASKS_PAGE).withOffset(offset);
            var page = client.listVulScanTask(request);
            List<VulScanTaskInfo> rows = page.getDataList() == null ? List.of() : page.getDataList();
            for (VulScanTaskInfo row : rows) {
                out.println(JSON.writeValueAsString(task(row)));
            }
            total = rows.isEmpty() ? 0 : page.getTotalNum();
            offset += rows.size();
        }
    }

    public static void main(String[] arguments) throws JsonProcessingException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            HssClient client = client(arguments[0]);
            if (arguments.length == 1) {
                tasks(client, out);
            } else {
                hosts(client, arguments[1], arguments.length > 2 ? arguments[2] : null, out);
            }
        } catch (ServiceResponseException error) {
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("status", error.getHttpStatusCode());
            said.put("code", error.getErrorCode());
            said.put("message", error.getErrorMsg());
            said.put("request_id", error.getRequestId());
            new PrintStream(System.err, true, StandardCharsets.UTF_8).println(JSON.writeValueAsString(said));
            System.exit(3);
        }
        // Threads of its HTTP client would keep the program for another minute.
        System.exit(0);
    }
}
