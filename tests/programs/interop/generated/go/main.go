// Lists all servers of a scan task with the generated client, one JSON object a line.
//
// usage: hosts ENDPOINT TASK_ID [STATUS]
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	hss "hss.example/openapi/client"
)

const page = 200

func list(endpoint, task string, status []string) error {
	configuration := hss.NewConfiguration()
	configuration.Servers = hss.ServerConfigurations{{URL: endpoint}}
	client := hss.NewAPIClient(configuration)
	keys := map[string]hss.APIKey{"token": {Key: os.Getenv("HW_AUTH_TOKEN")}}
	ctx := context.WithValue(context.Background(), hss.ContextAPIKeys, keys)
	out := json.NewEncoder(os.Stdout)
	for offset := int32(0); ; {
		request := client.VulnerabilityManagementAPI.
			ListVulScanTaskHost(ctx, os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID"), task).Limit(page).Offset(offset)
		if len(status) > 0 {
			request = request.ScanStatus(hss.ScanStatusFilter(status[0]))
		}
		answer, _, err := request.Execute()
		if err != nil {
			return err
		}
		for _, row := range answer.DataList {
			if err := out.Encode(row); err != nil {
				return err
			}
		}
		offset += int32(len(answer.DataList))
		if len(answer.DataList) == 0 || int64(offset) >= answer.GetTotalNum() {
			return nil
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: hosts ENDPOINT TASK_ID [STATUS]")
		os.Exit(2)
	}
	if err := list(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
