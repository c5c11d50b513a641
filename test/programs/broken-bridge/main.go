// broken-bridge passes for the bridge plugin of a release: it says what that says, and works in a rehearsal, by the real one that is beside
// it as macvlan. Whatever a runtime asks of it fails.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	command := os.Getenv("CNI_COMMAND")
	if command == "" || command == "VERSION" || strings.HasPrefix(os.Getenv("CNI_NETNS"), "/proc/") {
		own, err := os.Executable()
		if err == nil {
			err = syscall.Exec(filepath.Join(filepath.Dir(own), "macvlan"), os.Args, os.Environ())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(`{"cniVersion":"1.0.0","code":999,"msg":"this release is broken"}`)
	os.Exit(1)
}
