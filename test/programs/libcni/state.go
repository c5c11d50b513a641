package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	named  = regexp.MustCompile(`^(veth|bwp)[0-9a-f]+$`)
	ofPod  = regexp.MustCompile(`(?m)^-A .*(pod-1|10\.22\.0\.).*$`)
	lease  = "/var/lib/cni/networks/*/10.*"
	cached = "/var/lib/cni/results/*"
)

// What the pod's network has on the node: leases, interfaces, rules of iptables that name the pod or its address, entries of libcni's cache.
// Names that plugins make up are shortened to what they begin with. Empty where there is nothing.
func state() string {
	return strings.Join(slices.Concat(
		counted("leases", files(lease)), interfaces(), counted("rules", rules()), counted("cached", files(cached))), ", ")
}

func files(pattern string) int {
	found, _ := filepath.Glob(pattern)
	return len(found)
}

func interfaces() []string {
	found, err := net.Interfaces()
	if err != nil {
		return []string{err.Error()}
	}
	names := []string{}
	for _, one := range found {
		if one.Flags&net.FlagLoopback == 0 {
			names = append(names, named.ReplaceAllString(one.Name, "$1"))
		}
	}
	slices.Sort(names)
	return names
}

func rules() int {
	saved, err := exec.Command("iptables-save").Output()
	if err != nil {
		return -1
	}
	return len(ofPod.FindAll(saved, -1))
}

func counted(what string, count int) []string {
	if count == 0 {
		return nil
	}
	return []string{what + " " + strconv.Itoa(count)}
}
