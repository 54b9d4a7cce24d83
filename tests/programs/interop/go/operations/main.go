// Calls operations with the official Go SDK. Prints the rows of each listing as one line of JSON.
//
// usage: operations ENDPOINT CALLS
//
// Each line of the file CALLS is a JSON object: `operation`, `arguments` (with the request body as `body`) and `pages`, the
// number of rows on a page, or null for an operation without pages.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	hss "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/hss/v5"
)

type call struct {
	Operation string         `json:"operation"`
	Arguments map[string]any `json:"arguments"`
	Pages     *int           `json:"pages"`
}

type page struct {
	DataList []json.RawMessage `json:"data_list"`
	TotalNum int               `json:"total_num"`
}

// answer returns the answer to one call, with the names of the API. The name of the operation is known only here, so that
// the method is found by reflection. The fields of its request have the names of the API as tags.
func answer(client *hss.HssClient, operation string, arguments map[string]any) ([]byte, error) {
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		return nil, fmt.Errorf("the SDK has no %s", operation)
	}
	request := reflect.New(method.Type().In(0).Elem())
	text, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, request.Interface()); err != nil {
		return nil, err
	}
	returned := method.Call([]reflect.Value{request})
	if err, failed := returned[1].Interface().(error); failed {
		return nil, err
	}
	return json.Marshal(returned[0].Interface())
}

func rows(client *hss.HssClient, wanted call) ([]json.RawMessage, error) {
	if wanted.Pages == nil {
		whole, err := answer(client, wanted.Operation, wanted.Arguments)
		return []json.RawMessage{whole}, err
	}
	listed := []json.RawMessage{}
	for {
		arguments := maps.Clone(wanted.Arguments)
		arguments["limit"], arguments["offset"] = *wanted.Pages, len(listed)
		text, err := answer(client, wanted.Operation, arguments)
		if err != nil {
			return nil, err
		}
		var found page
		if err := json.Unmarshal(text, &found); err != nil {
			return nil, err
		}
		listed = append(listed, found.DataList...)
		if len(found.DataList) == 0 || len(listed) >= found.TotalNum {
			return listed, nil
		}
	}
}

func run(endpoint, calls string) error {
	file, err := os.Open(calls)
	if err != nil {
		return err
	}
	defer file.Close()
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
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var wanted call
		if err := json.Unmarshal(lines.Bytes(), &wanted); err != nil {
			return err
		}
		listed, err := rows(client, wanted)
		if err != nil {
			return fmt.Errorf("%s: %w", wanted.Operation, err)
		}
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		if err := out.Encode(listed); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: operations ENDPOINT CALLS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
