// Lists all servers of a scan task with the official Go SDK, one JSON object a line.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	hss "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/hss/v5"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/hss/v5/model"
)

const page = 200

type reason struct {
	VulType      *string `json:"vul_type"`
	FailedReason *string `json:"failed_reason"`
}

type host struct {
	HostId        *string   `json:"host_id"`
	HostName      *string   `json:"host_name"`
	PublicIp      *string   `json:"public_ip"`
	PrivateIp     *string   `json:"private_ip"`
	AssetValue    *string   `json:"asset_value"`
	ScanStatus    *string   `json:"scan_status"`
	FailedReasons *[]reason `json:"failed_reasons"`
}

func list(endpoint, task string, status *string) error {
	credentials, err := basic.NewCredentialsBuilder().
		WithAk(os.Getenv("HUAWEICLOUD_SDK_AK")).
		WithSk(os.Getenv("HUAWEICLOUD_SDK_SK")).
		WithProjectId(os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")).
		SafeBuild()
	if err != nil {
		return err
	}
	built, err := hss.HssClientBuilder().WithEndpoints([]string{endpoint}).WithCredential(credentials).SafeBuild()
	if err != nil {
		return err
	}
	client := hss.NewHssClient(built)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	limit := int32(page)
	for offset := int32(0); ; {
		answer, err := client.ListVulScanTaskHost(&model.ListVulScanTaskHostRequest{
			TaskId: task, ScanStatus: status, Limit: &limit, Offset: &offset,
		})
		if err != nil {
			return err
		}
		var rows []model.VulScanTaskHostInfo
		if answer.DataList != nil {
			rows = *answer.DataList
		}
		for _, row := range rows {
			shown := host{HostId: row.HostId, HostName: row.HostName, PublicIp: row.PublicIp, PrivateIp: row.PrivateIp,
				AssetValue: row.AssetValue, ScanStatus: row.ScanStatus}
			if row.FailedReasons != nil {
				reasons := []reason{}
				for _, cause := range *row.FailedReasons {
					reasons = append(reasons, reason{cause.VulType, cause.FailedReason})
				}
				shown.FailedReasons = &reasons
			}
			if err := out.Encode(shown); err != nil {
				return err
			}
		}
		offset += int32(len(rows))
		if len(rows) == 0 || answer.TotalNum == nil || int64(offset) >= int64(*answer.TotalNum) {
			return nil
		}
	}
}

func main() {
	var status *string
	if len(os.Args) > 3 {
		status = &os.Args[3]
	}
	err := list(os.Args[1], os.Args[2], status)
	if err == nil {
		return
	}
	var refused *sdkerr.ServiceResponseError
	if !errors.As(err, &refused) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stderr)
	out.SetEscapeHTML(false)
	_ = out.Encode(map[string]any{"status": refused.StatusCode, "code": refused.ErrorCode,
		"message": refused.ErrorMessage, "request_id": refused.RequestId})
	os.Exit(3)
}
