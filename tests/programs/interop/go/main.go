// Lists all servers of a scan task, or all scan tasks, with the official Go SDK, one JSON object a line.
//
// usage: hosts ENDPOINT [TASK_ID [STATUS]]
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

const hostsPage = 200

// There are few tasks: smaller pages, so that there are several.
const tasksPage = 10

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

type task struct {
	Id            *string `json:"id"`
	StartTime     *int64  `json:"start_time"`
	FailedHostNum *int32  `json:"failed_host_num"`
}

func list(endpoint string, arguments []string) error {
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
	if len(arguments) == 0 {
		return tasks(client, out)
	}
	var status *string
	if len(arguments) > 1 {
		status = &arguments[1]
	}
	return hosts(client, arguments[0], status, out)
}

func hosts(client *hss.HssClient, task string, status *string, out *json.Encoder) error {
	limit := int32(hostsPage)
	return pages(func(offset int32) (int, *int64, error) {
		answer, err := client.ListVulScanTaskHost(&model.ListVulScanTaskHostRequest{
			TaskId: task, ScanStatus: status, Limit: &limit, Offset: &offset,
		})
		if err != nil || answer.DataList == nil {
			return 0, nil, err
		}
		for _, row := range *answer.DataList {
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
				return 0, nil, err
			}
		}
		return len(*answer.DataList), answer.TotalNum, nil
	})
}

func tasks(client *hss.HssClient, out *json.Encoder) error {
	limit := int32(tasksPage)
	return pages(func(offset int32) (int, *int64, error) {
		answer, err := client.ListVulScanTask(&model.ListVulScanTaskRequest{Limit: &limit, Offset: &offset})
		if err != nil || answer.DataList == nil {
			return 0, nil, err
		}
		for _, row := range *answer.DataList {
			if err := out.Encode(task{row.Id, row.StartTime, row.FailedHostNum}); err != nil {
				return 0, nil, err
			}
		}
		return len(*answer.DataList), answer.TotalNum, nil
	})
}

// pages asks for the page at each offset: how many rows were on it, and how many there are in all?
func pages(ask func(offset int32) (int, *int64, error)) error {
	for offset := int32(0); ; {
		rows, total, err := ask(offset)
		if err != nil {
			return err
		}
		offset += int32(rows)
		if rows == 0 || total == nil || int64(offset) >= *total {
			return nil
		}
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: hosts ENDPOINT [TASK_ID [STATUS]]")
		os.Exit(2)
	}
	err := list(os.Args[1], os.Args[2:])
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
