package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
)

const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

type blob struct {
	MediaType string `json:"mediaType"`
	Size      int    `json:"size"`
	Digest    string `json:"digest"`
	content   []byte
}

// One image under every name and tag: as much of the registry's protocol as pulling it takes.
func serveImage(address string) error {
	// Who asks before the image is made waits for it.
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	manifest, config, layer, err := makeImage()
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found := manifest
		switch {
		case r.URL.Path == "/v2/":
			return
		case strings.HasSuffix(r.URL.Path, config.Digest):
			found = config
		case strings.HasSuffix(r.URL.Path, layer.Digest):
			found = layer
		}
		w.Header().Set("Content-Type", found.MediaType)
		w.Header().Set("Docker-Content-Digest", found.Digest)
		w.Header().Set("Content-Length", fmt.Sprint(found.Size))
		if r.Method != http.MethodHead {
			_, _ = w.Write(found.content)
		}
	}))
}

func makeImage() (manifest, config, layer blob, err error) {
	own, err := os.Executable()
	if err != nil {
		return
	}
	program, err := os.ReadFile(own)
	if err != nil {
		return
	}
	plain := &bytes.Buffer{}
	archive := tar.NewWriter(plain)
	if err = archive.WriteHeader(&tar.Header{Name: "pause", Mode: 0o755, Size: int64(len(program))}); err != nil {
		return
	}
	if _, err = archive.Write(program); err != nil {
		return
	}
	if err = archive.Close(); err != nil {
		return
	}
	packed := &bytes.Buffer{}
	zip, err := gzip.NewWriterLevel(packed, gzip.BestSpeed)
	if err != nil {
		return
	}
	if _, err = zip.Write(plain.Bytes()); err != nil {
		return
	}
	if err = zip.Close(); err != nil {
		return
	}
	layer = blobOf(layerType, packed.Bytes())
	config, err = jsonBlob(configType, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/pause", "pause"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(plain.Bytes())}},
	})
	if err != nil {
		return
	}
	manifest, err = jsonBlob(manifestType, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config, "layers": []blob{layer},
	})
	return
}

func jsonBlob(mediaType string, value any) (blob, error) {
	content, err := json.Marshal(value)
	return blobOf(mediaType, content), err
}

func blobOf(mediaType string, content []byte) blob {
	return blob{MediaType: mediaType, Size: len(content), Digest: digest(content), content: content}
}

func digest(content []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}
