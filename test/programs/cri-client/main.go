// cri-client asks a container runtime by its CRI socket and prints its answer as one line of JSON, an error as {"error": TEXT}.
//
//	cri-client SOCKET version | status | pods
//	cri-client SOCKET run NAME CGROUP   makes a sandbox
//	cri-client SOCKET stop | remove ID
//	cri-client SOCKET cidr CIDR         tells the node's pod CIDR, as the kubelet does
//	cri-client registry ADDRESS         serves the image pause:1, which is this program, to anyone who asks
//	cri-client pause                    what runs in a sandbox
//
// containerd 1.4 and 1.5 speak v1alpha2 alone. Its messages are those of v1, so that only the name of the service differs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// CRI-O lets a sandbox wait for a network as long as the call lasts. The kubelet gives it four minutes.
const patience = 8 * time.Second

func main() {
	args := append(os.Args[1:], "", "", "", "")
	switch args[0] {
	case "pause":
		pause()
	case "registry":
		fail(serveImage(args[1]))
	default:
		answer, err := ask(args[0], args[1], args[2], args[3])
		if err != nil {
			answer = map[string]string{"error": status.Convert(err).Message()}
		}
		fail(json.NewEncoder(os.Stdout).Encode(answer))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cri-client:", err)
		os.Exit(1)
	}
}

func pause() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
}

func ask(socket, what, first, second string) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := grpc.DialContext(ctx, "unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithBlock())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	service, version, err := dialect(ctx, conn)
	if err != nil {
		return nil, err
	}
	call := func(method string, request, reply any) error {
		err := conn.Invoke(ctx, service+method, request, reply)
		// The connection may end a moment before our own clock says so.
		if deadline, _ := ctx.Deadline(); err != nil && time.Until(deadline) < time.Second/4 {
			return fmt.Errorf("no answer within %s", patience)
		}
		return err
	}
	switch what {
	case "version":
		return map[string]string{"api": version.RuntimeApiVersion, "name": version.RuntimeName, "version": version.RuntimeVersion}, nil
	case "status":
		return askStatus(call)
	case "pods":
		reply := &cri.ListPodSandboxResponse{}
		err = call("ListPodSandbox", &cri.ListPodSandboxRequest{}, reply)
		return map[string]any{"items": reply.Items}, err
	case "run":
		reply := &cri.RunPodSandboxResponse{}
		err = call("RunPodSandbox", &cri.RunPodSandboxRequest{Config: sandbox(first, second)}, reply)
		return map[string]string{"id": reply.PodSandboxId}, err
	case "stop":
		err = call("StopPodSandbox", &cri.StopPodSandboxRequest{PodSandboxId: first}, &cri.StopPodSandboxResponse{})
	case "remove":
		err = call("RemovePodSandbox", &cri.RemovePodSandboxRequest{PodSandboxId: first}, &cri.RemovePodSandboxResponse{})
	case "cidr":
		config := &cri.RuntimeConfig{NetworkConfig: &cri.NetworkConfig{PodCidr: first}}
		err = call("UpdateRuntimeConfig", &cri.UpdateRuntimeConfigRequest{RuntimeConfig: config}, &cri.UpdateRuntimeConfigResponse{})
	default:
		err = fmt.Errorf("cannot do %q", what)
	}
	return map[string]string{}, err
}

func dialect(ctx context.Context, conn *grpc.ClientConn) (string, *cri.VersionResponse, error) {
	reply := &cri.VersionResponse{}
	var err error
	for _, service := range []string{"/runtime.v1.RuntimeService/", "/runtime.v1alpha2.RuntimeService/"} {
		err = conn.Invoke(ctx, service+"Version", &cri.VersionRequest{}, reply)
		if status.Code(err) != codes.Unimplemented {
			return service, reply, err
		}
	}
	return "", nil, err
}

// The same JSON as that of crictl info: the parts of the verbose answer stand beside the status.
func askStatus(call func(method string, request, reply any) error) (any, error) {
	reply := &cri.StatusResponse{}
	if err := call("Status", &cri.StatusRequest{Verbose: true}, reply); err != nil {
		return nil, err
	}
	conditions := []map[string]any{}
	for _, condition := range reply.GetStatus().GetConditions() {
		conditions = append(conditions, map[string]any{
			"type": condition.Type, "status": condition.Status, "reason": condition.Reason, "message": condition.Message,
		})
	}
	answer := map[string]any{"status": map[string]any{"conditions": conditions}}
	for key, text := range reply.Info {
		if json.Valid([]byte(text)) {
			answer[key] = json.RawMessage(text)
		} else {
			answer[key] = text
		}
	}
	return answer, nil
}

// As the kubelet asks for a pod whose containers have pids of their own. CRI-O then runs no container for the sandbox itself.
func sandbox(name, cgroup string) *cri.PodSandboxConfig {
	return &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Namespace: "default", Uid: name, Attempt: 0},
		Hostname:     name,
		LogDirectory: "/run/pod-logs",
		Linux: &cri.LinuxPodSandboxConfig{
			CgroupParent:    cgroup,
			SecurityContext: &cri.LinuxSandboxSecurityContext{NamespaceOptions: &cri.NamespaceOption{Pid: cri.NamespaceMode_CONTAINER}},
		},
	}
}
