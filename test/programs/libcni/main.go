// One pod's network by one release of libcni, step by step as a runtime takes them. build.sh builds it with each release that is asked for.
//
//	libcni CONFLIST BIN_DIR NETNS IFNAME
//
// Writes a JSON object: what each step said, `ok` or its error, and what there was of the pod on the node after those that may leave
// something. A step that this release does not have is not there, and CHECK is asked only where ADD went well.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"
)

type outcome struct {
	Load     string `json:"load"`
	Validate string `json:"validate,omitempty"`
	Status   string `json:"status,omitempty"`
	Add      string `json:"add,omitempty"`
	Result   string `json:"result,omitempty"` // the version of what ADD gave back, and how many addresses are in it as it was read
	Found    int    `json:"addresses,omitempty"`
	Check    string `json:"check,omitempty"`
	During   string `json:"during,omitempty"` // what is there after ADD
	Del      string `json:"del,omitempty"`
	Left     string `json:"left,omitempty"` // what is there after DEL
	Again    string `json:"again,omitempty"`
	Lost     string `json:"lost,omitempty"` // what is there after the second DEL
	GC       string `json:"gc,omitempty"`
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: libcni CONFLIST BIN_DIR NETNS IFNAME")
		os.Exit(2)
	}

	if err := json.NewEncoder(os.Stdout).Encode(run(os.Args[1], os.Args[2], os.Args[3], os.Args[4])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file, binDir, netns, ifName string) (o outcome) {
	list, err := libcni.ConfListFromFile(file)
	if o.Load = said(err); err != nil {
		return o
	}

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cni := libcni.NewCNIConfig([]string{binDir}, nil)
	pod := &libcni.RuntimeConf{
		ContainerID: "pod-1",
		NetNS:       netns,
		IfName:      ifName,
		// What a pod with a host port and limits asks for. Each plugin gets what its config says it is capable of.
		CapabilityArgs: map[string]interface{}{
			"portMappings": []map[string]interface{}{{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}},
			"bandwidth":    map[string]int{"ingressRate": 1e6, "ingressBurst": 1e6, "egressRate": 1e6, "egressBurst": 1e6},
		},
	}

	_, err = cni.ValidateNetworkList(ctx, list)
	o.Validate = said(err)
	o.Status = asked(cni, "GetStatusNetworkList", ctx, list)
	result, err := cni.AddNetworkList(ctx, list, pod)
	o.Add, o.During = said(err), state()
	if err == nil {
		o.Result, o.Found = result.Version(), addresses(result)
		o.Check = said(cni.CheckNetworkList(ctx, list, pod))
	}
	o.Del = said(cni.DelNetworkList(ctx, list, pod))
	o.Left = state()
	o.Again = said(cni.DelNetworkList(ctx, list, pod))
	o.Lost = state()
	o.GC = asked(cni, "GCNetworkList", ctx, list)
	return o
}

// Of a result as this libcni has read it, in whichever form its version has.
func addresses(result types.Result) int {
	text, _ := json.Marshal(result)
	var read struct {
		IP4, IP6 *struct{}
		IPs      []struct{}
	}
	_ = json.Unmarshal(text, &read)
	count := len(read.IPs)
	for _, one := range []*struct{}{read.IP4, read.IP6} {
		if one != nil {
			count++
		}
	}
	return count
}

func said(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

// Calls a method that not every release has, with nothing for the arguments that are not given.
func asked(cni *libcni.CNIConfig, name string, given ...interface{}) string {
	method := reflect.ValueOf(cni).MethodByName(name)
	if !method.IsValid() {
		return ""
	}

	args := make([]reflect.Value, method.Type().NumIn())
	for i := range args {
		if args[i] = reflect.Zero(method.Type().In(i)); i < len(given) {
			args[i] = reflect.ValueOf(given[i])
		}
	}
	err, _ := method.Call(args)[0].Interface().(error)
	return said(err)
}
